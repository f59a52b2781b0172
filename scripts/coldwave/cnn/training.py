"""Training of the network on Lightning: random windows, each song once an epoch, early stopping."""

import logging
import math
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import polars as pl
import torch
from lightning.fabric.plugins.environments import LightningEnvironment, TorchElasticEnvironment
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch.utils.data import DataLoader

from coldwave.cnn.augmentation import mask_windows, mix
from coldwave.cnn.averaging import NetworkAverage
from coldwave.cnn.network import LAYERS, SongNetwork, average_by_song
from coldwave.cnn.objectives import Objective, Reference, SquaredError, unit_rows
from coldwave.cnn.windows import ConsecutiveWindowSampler, RandomWindowSampler, WindowDataset, WindowSource
from coldwave.errors import InputError
from coldwave.learning_curve import CURVE_SCHEMA
from coldwave.progress import duration

log = logging.getLogger(__name__)

EVALUATION_BATCH = 256  # windows predicted together


def launchers() -> list[LightningEnvironment]:
    """What starts the processes of a training on several devices: this process, unless others have been started.

    In any job of a SLURM cluster, Lightning leaves that to SLURM. Where the job is one task, that is one process, and
    without a word all devices but one would idle.
    """
    started = TorchElasticEnvironment.detect() or int(os.environ.get("SLURM_NTASKS", 1)) > 1
    return [] if started else [LightningEnvironment()]


def optimizer_of(parameters: Iterator[torch.nn.Parameter], settings: dict[str, Any]) -> torch.optim.Optimizer:
    """AdamW, or stochastic gradient descent with Nesterov momentum."""
    step = {"lr": settings["learning_rate"], "weight_decay": settings["weight_decay"]}
    if settings["optimizer"] == "nesterov":
        return torch.optim.SGD(parameters, momentum=settings["momentum"], nesterov=True, **step)
    return torch.optim.AdamW(parameters, **step)


def rate_at(step: int, steps: int, warm_up: int, schedule: str) -> float:
    """Share of the learning rate at a step of ``steps``, from 0: risen over ``warm_up`` steps, then as scheduled.

    ``constant`` stays at 1; ``cosine`` falls to 0 at the end, along half a wave.
    """
    if step < warm_up:
        return (step + 1) / (warm_up + 1)
    if schedule == "constant":
        return 1.0
    return (1 + math.cos(math.pi * (step - warm_up) / max(steps - warm_up, 1))) / 2


class SongTraining(lightning.LightningModule):
    """What is minimised and what is measured: the mean of the objective's error over songs, each once an epoch.

    Errors are shown, and minimised, on a scale on which 1 is that of predicting the training songs' mean factors for
    the same part of the songs: nothing was learnt. Early stopping looks at the same objective on validation songs.

    Parameters
    ----------
    train, validation : the scale of each part of the songs
    settings : those of the optimiser, its schedule and the augmentation
    seed : of the augmentation, which depends on it, the epoch and the batch alone
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

    def _error(self, predicted: torch.Tensor, batch: Sequence, reference: Reference) -> torch.Tensor:
        _, owners, songs, known = batch
        errors = self.objective.errors(average_by_song(predicted, owners, len(songs)), *known)
        return (errors.mean() - reference.origin) / reference.unit

    def training_step(self, batch: Sequence, index: int) -> torch.Tensor:
        windows, owners, songs, known = batch
        rng = np.random.default_rng([self.seed, self.current_epoch, index, self.global_rank])
        bands, frames = self.settings["mask_bands"], self.settings["mask_frames"]
        if bands or frames:
            windows = mask_windows(windows, self.network.band_mean, bands, frames, rng)
        if self.settings["mixup"]:
            windows, share, partners = mix(windows, self.settings["mixup"], rng)
            # a mixture is compared with both of its songs: with squared errors the same as mixing the targets
            predicted, others = self.network(windows), (windows, owners[partners], songs, known)
            error = share * self._error(predicted, batch, self.references[0])
            error = error + (1 - share) * self._error(predicted, others, self.references[0])
        else:
            error = self._error(self.network(windows), batch, self.references[0])
        self.error_sum += float(error.detach()) * len(batch[2])
        self.error_songs += len(batch[2])
        return error

    def validation_step(self, batch: Sequence, _index: int) -> None:
        error = self._error(self.network(batch[0]), batch, self.references[1])
        self.log("validation_loss", error, batch_size=len(batch[2]), on_epoch=True, sync_dist=True)

    def configure_optimizers(self) -> dict[str, Any]:
        optimizer = optimizer_of(self.parameters(), self.settings)
        steps = self.trainer.estimated_stepping_batches
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
            "epoch %d: error %.4f on training windows, %.4f on validation songs (1 = the mean), %s so far",
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
    cache: Path,
    objective: Objective | None = None,
) -> tuple[SongNetwork, pl.DataFrame]:
    """Train a network and return the one of the epoch with the smallest validation error, and its learning curve.

    Parameters
    ----------
    frames : int [songs]; targets : float32 [songs, factors]
    training, validation : int [n], song indices, all with at least one window of frames
    settings : a ``cnn`` entry of the configuration's models
    cache : folder for the checkpoints
    objective : what is minimised; the squared error of the targets where none is given

    Raises
    ------
    InputError
        There is no training or no validation song, or the errors grew beyond all bounds.
    """
    for part, songs in (("training", training), ("validation", validation)):
        if len(songs) == 0:
            raise InputError(
                f"no {part} song has the {settings['window']} frames of a window: see audio/index.parquet for why"
            )
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # its notices are not about this training
    lightning.seed_everything(seed, verbose=False)
    window, batch_size = settings["window"], settings["batch_size"]
    targets = unit_rows(targets) if settings["unit_norm"] else targets
    band_mean, band_scale = band_statistics(source, training, frames[training])
    target_mean = targets[training].mean(axis=0)
    objective = objective or SquaredError(targets)
    references = [objective.reference(part, target_mean) for part in (training, validation)]
    validation = objective.order(validation)
    layers = {name: settings[name] for name in LAYERS}
    scale = float((targets[training] - target_mean).std())
    network = SongNetwork(**layers, band_mean=band_mean, band_scale=band_scale, target_mean=target_mean,
                          target_scale=scale)  # fmt: skip
    model = SongTraining(network, objective, *references, settings, seed)
    data = WindowDataset(source, window, objective.known)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        averaging = settings["averaging"]
        # the average takes the weights' place in whole checkpoints alone
        best = ModelCheckpoint(folder, monitor="validation_loss", save_top_k=1, save_weights_only=not averaging)
        callbacks = [EarlyStopping("validation_loss", patience=settings["patience"]), best]
        if averaging:
            callbacks.append(NetworkAverage(averaging))
        trainer = lightning.Trainer(
            accelerator=settings["accelerator"],
            devices=settings["devices"],
            precision=settings["precision"],
            plugins=launchers(),
            max_epochs=settings["epochs"],
            callbacks=callbacks,
            use_distributed_sampler=False,  # the sampler shares the songs out itself
            num_sanity_val_steps=0,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        sampler = RandomWindowSampler(training, frames[training], window, batch_size, seed,
                                      trainer.world_size, trainer.global_rank)  # fmt: skip
        trainer.fit(
            model,
            DataLoader(data, sampler=sampler, batch_size=None),
            DataLoader(
                data,
                sampler=ConsecutiveWindowSampler(validation, frames[validation], window, EVALUATION_BATCH),
                batch_size=None,
            ),
        )
        losses = [row["validation_loss"] for row in model.curve]
        if not np.isfinite(losses).any():
            raise InputError("training diverged: no epoch has a finite validation error; lower learning_rate")
        # plain tensors only: nothing that is read back may run code
        state = torch.load(best.best_model_path, map_location="cpu", weights_only=True)["state_dict"]
        model.load_state_dict(state)
    best_epoch = int(np.nanargmin(losses))
    curve = pl.DataFrame(model.curve).with_columns(best=pl.int_range(pl.len()) == best_epoch)
    log.info("best epoch: %d of %d, validation error %.4f", best_epoch + 1, len(losses), losses[best_epoch])
    return network.cpu().eval(), curve.cast(CURVE_SCHEMA)
