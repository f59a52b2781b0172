"""Training of a tower whose song vectors tell, of the songs of a batch, the one that a user has played.

A user is the mean of the vectors of the training songs played, without the song that is to be told: with it, the mean
would hold the answer, and what is learnt there would not help with songs that nobody has played.
"""

import logging
from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sparse
import torch
from torch.nn import functional

from coldwave.models.contrastive.alignment import Alignment
from coldwave.models.contrastive.batches import Batch, batches, plays_to_learn
from coldwave.models.contrastive.judging import Judge
from coldwave.models.contrastive.losses import row_losses
from coldwave.models.contrastive.prediction import tower_inputs
from coldwave.models.contrastive.starts import make_tower
from coldwave.models.devices import best_device, one_thread
from coldwave.models.training_plays import training_plays
from coldwave.split.parts import songs_with_features

log = logging.getLogger(__name__)

CURVE_SCHEMA = {
    "epoch": pl.UInt32,  # 0 is the start
    "train_loss": pl.Float64,  # mean over the plays learnt from; null at the start
    "validation_auc": pl.Float64,
    "best": pl.Boolean,  # the epoch whose weights are kept
}


def train_contrastive(
    plays: pl.DataFrame,
    features: np.ndarray,
    user_factors: np.ndarray,
    song_factors: np.ndarray,
    training: np.ndarray,
    validation: np.ndarray,
    settings: Mapping[str, Any],
    seed: int,
) -> tuple[dict[str, np.ndarray], pl.DataFrame]:
    """Train on the plays of training songs; keep the epoch that ranks users' validation songs highest, or the start.

    Where there are too few plays to learn or to choose from, as with one user, the start is kept, with a warning.

    Parameters
    ----------
    plays : table ``user``, ``song``, each pair once
    features : float32 [songs, d], NaN rows for songs without audio (left out)
    user_factors, song_factors : float32 [users, factors] and [songs, factors], of training songs alone
    training, validation : bool [songs]
    settings : a ``contrastive`` entry of the configuration's models

    Returns
    -------
    float32 arrays for ``coldwave.models.contrastive.prediction.predict_contrastive``, and the learning curve

    Raises
    ------
    InputError
        No training or no validation song has features.
    """
    songs_with_features(features, training, validation)
    inputs = tower_inputs(features)
    songs, played = training_plays(plays, inputs, training, len(user_factors))
    judge = Judge(plays, played, inputs, songs, validation, seed)
    several = len(np.unique(plays_to_learn(played)[0]))
    log.info("%s users have played two of the %s training songs or more, and teach", f"{several:,}", f"{len(songs):,}")
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tower = make_tower(inputs, user_factors, song_factors, training, settings)
        if not several or not judge.users:
            why = "played two training songs" if not several else "played some but not all of the validation songs"
            log.warning("nobody has %s: nothing is learnt, and songs are compared as at the start", why)
            return _arrays(tower.state_dict()), pl.DataFrame(schema=CURVE_SCHEMA)
        device = best_device(settings["accelerator"])
        alignment = Alignment(song_factors[songs], len(tower.base_bias)) if settings["aligned"] else None
        teaching = Teaching(tower, alignment, torch.from_numpy(inputs[songs]), played, settings, seed, device)
        best, curve = _fit(teaching, judge, settings)
    return _arrays(best), curve


class Teaching:
    """A tower on a device, what it learns from, and its optimiser."""

    def __init__(
        self,
        tower: torch.nn.Module,
        alignment: Alignment | None,
        inputs: torch.Tensor,
        played: sparse.csr_matrix,
        settings: Mapping[str, Any],
        seed: int,
        device: torch.device,
    ) -> None:
        self.tower, self.inputs, self.device = tower.to(device), inputs.to(device), device
        self.alignment = alignment and alignment.to(device)
        self.played, self.settings, self.seed = played, settings, seed
        _, songs = plays_to_learn(played)
        self.shares = np.bincount(songs, minlength=played.shape[1]) / len(songs)  # with which a song is drawn
        modules = [module for module in (tower, alignment) if module is not None]
        self.optimizer = torch.optim.AdamW(
            [parameter for module in modules for parameter in module.parameters()],
            lr=settings["learning_rate"],
            weight_decay=settings["weight_decay"],
        )

    def learn(self, epoch: int) -> float:
        """Learn from every play once, or from as many batches as an epoch may have: the mean loss of a play."""
        total, plays = 0.0, 0
        settings = self.settings
        several = batches(self.played, settings["batch_size"], settings["history"], self.seed, epoch)
        for batch in islice(several, settings["steps"]):
            loss = self.loss(batch)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += float(loss.detach()) * len(batch.target)
            plays += len(batch.target)
        return total / plays

    def loss(self, batch: Batch) -> torch.Tensor:
        """Compute the mean loss of the plays of a batch."""
        songs, history, candidates, target, apart = (torch.from_numpy(array).to(self.device) for array in batch[:5])
        vectors = self.tower(self.inputs[songs])
        users, offered = functional.normalize(history @ vectors), vectors[candidates]
        scores = users @ offered.T / self.settings["temperature"]
        if self.settings["loss"] == "softmax":
            scores = scores + torch.from_numpy(self.offsets(batch)).to(self.device)
        loss = row_losses(scores, target, apart, self.settings["loss"]).mean()
        if self.alignment is not None:
            aligned = self.alignment(songs[candidates], offered, self.settings["temperature"])
            loss = loss + self.settings["aligned"] * aligned
        return loss

    def offsets(self, batch: Batch) -> np.ndarray:
        """What is added to the scores of candidates, float32 [candidates].

        A candidate counts as often as the batch has drawn it. Songs are drawn as often as they are played, so that
        popular ones are wrong answers more often. With ``log_q`` each counts as one among all training songs, in
        expectation: it is divided by the number of times that it should be drawn (Yi et al., 2019).
        """
        counts = batch.draws.astype(np.float64)
        if self.settings["log_q"]:
            counts /= self.shares[batch.songs[batch.candidates]] * len(batch.target)
        return np.log(counts).astype(np.float32)


def _fit(teaching: Teaching, judge: Judge, settings: Mapping[str, Any]) -> tuple[dict[str, torch.Tensor], pl.DataFrame]:
    """Train until patience runs out: the state of the best epoch, and the learning curve."""
    tower, rows, best, best_epoch = teaching.tower, [], {}, 0
    for epoch in range(settings["epochs"] + 1):
        loss = teaching.learn(epoch) if epoch else None
        rows.append((epoch, loss, judge.auc(tower, teaching.device)))
        if not best or rows[-1][2] > rows[best_epoch][2]:
            best_epoch = epoch
            best = {name: tensor.detach().cpu().clone() for name, tensor in tower.state_dict().items()}
        log.info("epoch %d: loss %s on training songs, AUC %.5f on validation songs",
                 epoch, "-" if loss is None else f"{loss:.4f}", rows[-1][2])  # fmt: skip
        if epoch - best_epoch >= settings["patience"]:
            break
    log.info("best epoch: %d of %d, AUC %.4f on validation songs (%.4f at the start)",
             best_epoch, len(rows) - 1, rows[best_epoch][2], rows[0][2], extra={"screen": True})  # fmt: skip
    curve = pl.DataFrame(rows, schema=list(CURVE_SCHEMA)[:-1], orient="row", infer_schema_length=None)
    return best, curve.with_columns(best=pl.col("epoch") == best_epoch).cast(CURVE_SCHEMA)


def _arrays(state: Mapping[str, torch.Tensor]) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in state.items()}
