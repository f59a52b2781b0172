"""Train the network with Lightning: random windows, each song once an epoch, early stopping."""

import logging
import math
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import polars as pl
import torch
from lightning.fabric.plugins.environments import (
    ClusterEnvironment,
    LightningEnvironment,
    SLURMEnvironment,
    TorchElasticEnvironment,
)
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.strategies import DDPStrategy
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader

from coldwave.errors import InputError
from coldwave.models.cnn.augmentation import mask_windows, mix, shift_bands
from coldwave.models.cnn.averaging import NetworkAverage
from coldwave.models.cnn.checkpoints import TrainingCheckpoint, usable_checkpoint
from coldwave.models.cnn.launching import check_processes, is_main_process, started_by
from coldwave.models.cnn.network import LAYERS, SongNetwork, average_by_song
from coldwave.models.cnn.objectives import Objective, Reference, SquaredError, unit_rows
from coldwave.models.cnn.processes import number_of_processes, own_share, sum_over_processes, whole_batch
from coldwave.models.cnn.whitening import whitening
from coldwave.models.cnn.windows import (
    Batch,
    ConsecutiveWindowSampler,
    RandomWindowSampler,
    WindowDataset,
    WindowSource,
)
from coldwave.models.learning_curve import CURVE_SCHEMA
from coldwave.progress import duration

log = logging.getLogger(__name__)

EVALUATION_BATCH = 256  # windows predicted together
RISING = 0.25  # share of a one-cycle schedule in which the step size rises


def cluster_environment() -> ClusterEnvironment:
    """Return how Lightning finds the other processes. Its own choice in a SLURM job would wait for those of srun."""
    if started_by() == "srun":
        return SLURMEnvironment(auto_requeue=False)
    return TorchElasticEnvironment() if started_by() == "torchrun" else LightningEnvironment()


def optimizer_of(parameters: Iterator[torch.nn.Parameter], settings: dict[str, Any]) -> torch.optim.Optimizer:
    """AdamW, or stochastic gradient descent with Nesterov momentum."""
    step = {"lr": settings["learning_rate"], "weight_decay": settings["weight_decay"]}
    if settings["optimizer"] == "nesterov":
        return torch.optim.SGD(parameters, momentum=settings["momentum"], nesterov=True, **step)
    return torch.optim.AdamW(parameters, **step)


def rate_at(step: int, steps: int, warm_up: int, schedule: str) -> float:
    """Share of the learning rate at a step of ``steps``, from 0: it rises over ``warm_up`` steps, then as scheduled.

    ``constant`` stays at 1; ``cosine`` falls to 0 at the end, along half a wave.
    """
    if step < warm_up:
        return (step + 1) / (warm_up + 1)
    if schedule == "constant":
        return 1.0
    return (1 + math.cos(math.pi * (step - warm_up) / max(steps - warm_up, 1))) / 2


class SongTraining(lightning.LightningModule):
    """Minimises the loss: the mean of the objective's error over songs, each once an epoch.

    The loss is on a scale on which 1 is predicting the training songs' mean factors for the same part of the songs, so
    that nothing was learnt. Early stopping looks at the loss of validation songs.

    With several processes, each predicts its share of every batch, and all minimise the error of the whole batch, also
    if its songs are compared with each other. This is what one process does, except for rounding and for dropout,
    which each process draws for itself. Each validates a share of the batches of validation songs.

    Parameters
    ----------
    train, validation : the scale of each part of the songs
    settings : those of the optimiser, its schedule and the augmentation
    seed : of augmentation and dropout, which depend only on it, the epoch and the batch (dropout also on the process)
    """

    def __init__(
        self,
        network: SongNetwork,
        objective: Objective,
        train: Reference,
        validation: Reference,
        settings: dict[str, Any],
        seed: int,
    ):
        super().__init__()
        self.network, self.objective, self.references = network, objective, (train, validation)
        self.settings, self.seed = settings, seed
        self.curve: list[dict[str, Any]] = []
        self.begin = time.monotonic()
        self.error_sum = self.error_songs = 0.0
        # a mixture may be compared with a song whose window another process has
        self.together = objective.together or bool(settings["mixup"])

    def on_train_start(self) -> None:
        # Lightning would finish the epoch first: a job that is told to end must end, and can be resumed
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        epochs = torch.tensor(self.current_epoch, device=self.device)
        if sum_over_processes(epochs) != self.current_epoch * number_of_processes():
            raise InputError("the processes do not see the same checkpoint: put cache where all nodes see it")
        if self.curve:
            self.begin -= self.curve[-1]["seconds"]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["curve"] = self.curve

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.curve = checkpoint["curve"]

    def _errors(self, predicted: torch.Tensor, batch: Batch) -> torch.Tensor:
        return self.objective.errors(average_by_song(predicted, batch.owners, len(batch.songs)), *batch.known)

    def _training_error(self, predicted: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The error of a whole batch, the same on all processes, of which each has predicted its share."""
        if self.together:
            total = self._errors(whole_batch(predicted, batch.rows), batch).sum()
        else:
            total = sum_over_processes(self._errors(predicted, batch).sum())
        return (total / batch.rows - self.references[0].origin) / self.references[0].unit

    def training_step(self, batch: Batch, index: int) -> torch.Tensor:
        if self.settings["dropout"]:  # its draws must not depend on earlier ones
            state = np.random.SeedSequence([self.seed, self.current_epoch, index, self.global_rank]).generate_state(1)
            torch.manual_seed(int(state[0]))
        windows, share = batch.windows, own_share()
        rng = np.random.default_rng([self.seed, self.current_epoch, index, 0])
        if self.settings["shift_bands"]:
            windows = shift_bands(windows, self.settings["shift_bands"], rng, batch.rows, share)
        bands, frames = self.settings["mask_bands"], self.settings["mask_frames"]
        if bands or frames:
            windows = mask_windows(windows, self.network.band_mean, bands, frames, rng, batch.rows, share)
        if self.settings["mixup"]:
            everyone = whole_batch(windows, batch.rows)
            mixed, part, partners = mix(everyone, self.settings["mixup"], rng)
            # a mixture is compared with both of its songs: with squared errors the same as mixing the targets
            predicted, others = self.network(mixed[share]), batch._replace(owners=batch.owners[partners])
            error = part * self._training_error(predicted, batch) + (1 - part) * self._training_error(predicted, others)
        else:
            error = self._training_error(self.network(windows), batch)
        self.error_sum += float(error.detach()) * batch.rows
        self.error_songs += batch.rows
        return error

    def on_validation_epoch_start(self) -> None:
        self.validated = torch.zeros(2, device=self.device)  # sum of the errors, and songs

    def validation_step(self, batch: Batch, _index: int) -> None:
        reference, songs = self.references[1], len(batch.songs)
        error = (self._errors(self.network(batch.windows), batch).mean() - reference.origin) / reference.unit
        self.validated += torch.stack([error.float() * songs, self.validated.new_tensor(songs)])

    def on_validation_epoch_end(self) -> None:
        error, songs = sum_over_processes(self.validated)
        self.log("validation_loss", error / songs, sync_dist=True)  # it is the same in all processes

    def configure_optimizers(self) -> dict[str, Any]:
        optimizer = optimizer_of(self.parameters(), self.settings)
        steps = self.trainer.estimated_stepping_batches
        if self.settings["schedule"] == "one_cycle":
            rising = RISING + 0.05 * (RISING * steps == 1)  # torch divides by zero where the rise is a single step
            one_cycle = OneCycleLR(optimizer, self.settings["learning_rate"], steps, pct_start=rising)
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": one_cycle, "interval": "step"}}
        warm_up = round(steps * self.settings["warm_up"] / self.settings["epochs"])

        def rate(step: int) -> float:
            return rate_at(step, steps, warm_up, self.settings["schedule"])

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_train_epoch_end(self) -> None:
        row = {
            "epoch": self.current_epoch + 1,
            "train_loss": self.error_sum / max(self.error_songs, 1),
            "validation_loss": float(self.trainer.callback_metrics["validation_loss"]),
            "learning_rate": self.optimizers().param_groups[0]["lr"],
            "seconds": time.monotonic() - self.begin,
        }
        self.error_sum = self.error_songs = 0.0
        self.curve.append(row)
        log.info(
            "epoch %d: loss %.4f on training windows, %.4f on validation songs (1 = predicting the mean), %s so far",
            row["epoch"],
            row["train_loss"],
            row["validation_loss"],
            duration(row["seconds"]),
        )


def band_statistics(source: WindowSource, songs: np.ndarray, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each mel band over the training songs' frames: float32 [mel bands] each."""
    total, squares, count = 0.0, 0.0, 0
    for song, length in zip(songs, frames, strict=True):
        values = source.windows(np.array([song]), np.array([0]), int(length))[0].astype(np.float64)
        total, squares, count = total + values.sum(axis=0), squares + np.square(values).sum(axis=0), count + len(values)
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
    return mean.astype(np.float32), np.where(deviation > 1e-3, deviation, 1).astype(np.float32)


def train(
    source: WindowSource,
    frames: np.ndarray,
    targets: np.ndarray,
    training: np.ndarray,
    validation: np.ndarray,
    settings: dict[str, Any],
    seed: int,
    objective: Objective | None = None,
    checkpoint: Path | None = None,
) -> tuple[SongNetwork, pl.DataFrame]:
    """Train a network. Return it as of the epoch that is kept, the best by validation loss or the last, and its curve.

    Parameters
    ----------
    frames : int [songs]; targets : float32 [songs, factors]
    training, validation : int [n], song indices, all with at least one window of frames
    settings : a ``cnn`` entry of the configuration's models
    objective : what is minimised; None for the squared error of the targets
    checkpoint : the file for the state of the training, see `checkpoint_path`; if it exists, training resumes from it.
        It is left there; delete it once the network is saved

    Raises
    ------
    InputError
        There is no training or no validation song, the training diverged, or the number of processes is not the one
        that the settings ask for.
    """
    for part, songs in (("training", training), ("validation", validation)):
        if len(songs) == 0:
            raise InputError(
                f"no {part} song has the {settings['window']} frames of a window: see audio/index.parquet for why"
            )
    processes = settings["devices"] * settings["nodes"]
    check_processes(processes)
    for name in ("lightning.fabric", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.WARNING)  # their notices are not about this training
    if not is_main_process():
        logging.getLogger("coldwave").setLevel(logging.WARNING)  # the others would say the same
    lightning.seed_everything(seed, verbose=False)
    window, batch_size = settings["window"], settings["batch_size"]
    if settings["steps"]:
        settings = settings | {"epochs": -(-settings["steps"] // -(-len(training) // batch_size))}
    targets = unit_rows(targets) if settings["unit_norm"] else targets
    band_mean, band_scale = band_statistics(source, training, frames[training])
    target_mean = targets[training].mean(axis=0)
    to, back = whitening(targets[training], settings["whitening"])
    objective = objective or SquaredError(targets, to if settings["whitening"] else None)
    references = [objective.reference(part, target_mean) for part in (training, validation)]
    validation = objective.order(validation)
    layers = {name: settings[name] for name in LAYERS}
    network = SongNetwork(**layers, band_mean=band_mean, band_scale=band_scale, target_mean=target_mean,
                          target_map=back)  # fmt: skip
    model = SongTraining(network, objective, *references, settings, seed)
    callbacks: list[lightning.Callback] = []
    if settings["keep"] == "best":
        callbacks.append(EarlyStopping("validation_loss", patience=settings["patience"]))
    validated = network.state_dict
    if settings["averaging"]:
        callbacks.append(NetworkAverage(settings["averaging"]))
        validated = callbacks[-1].network_state
    kept = TrainingCheckpoint(checkpoint, validated, settings["keep"])
    trainer = lightning.Trainer(
        accelerator=settings["accelerator"],
        devices=settings["devices"],
        num_nodes=settings["nodes"],
        # every process has the same statistics, and the numbers of batches that they validate differ
        strategy="auto" if processes == 1 else DDPStrategy(forward_sync_buffers=False),
        precision=settings["precision"],
        plugins=[cluster_environment()],
        max_epochs=settings["epochs"],
        callbacks=[*callbacks, kept],
        use_distributed_sampler=False,  # every process draws whole batches, and takes its share
        num_sanity_val_steps=0,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    share = slice(trainer.global_rank, None, trainer.world_size)
    drawn = RandomWindowSampler(training, frames[training], window, batch_size, seed)
    consecutive = ConsecutiveWindowSampler(validation, frames[validation], window, EVALUATION_BATCH, share)
    trainer.fit(
        model,
        DataLoader(
            WindowDataset(source, window, objective.known, share, model.together), sampler=drawn, batch_size=None
        ),
        DataLoader(WindowDataset(source, window, objective.known), sampler=consecutive, batch_size=None),
        ckpt_path=checkpoint if checkpoint and usable_checkpoint(checkpoint) else None,
        weights_only=True,  # nothing that is read back may run code
    )
    losses = [row["validation_loss"] for row in model.curve]
    if not np.isfinite(losses).any():
        raise InputError("training diverged: no epoch has a finite validation loss; lower learning_rate")
    network.load_state_dict(kept.best)
    best_epoch = int(np.nanargmin(losses)) if settings["keep"] == "best" else len(losses) - 1
    curve = pl.DataFrame(model.curve).with_columns(best=pl.int_range(pl.len()) == best_epoch)
    told = best_epoch + 1, len(losses), losses[best_epoch]
    log.info("%s epoch: %d of %d, validation loss %.4f", settings["keep"], *told, extra={"screen": True})
    return network.cpu().eval(), curve.cast(CURVE_SCHEMA)
