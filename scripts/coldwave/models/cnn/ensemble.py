"""Train the networks of one model, which differ in nothing but their seed."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from coldwave.models.cnn.network import SongEnsemble
from coldwave.models.cnn.objectives import Objective
from coldwave.models.cnn.training import train
from coldwave.models.cnn.windows import WindowSource

log = logging.getLogger(__name__)


def member_seed(seed: int, member: int) -> int:
    """Return the seed of a member, from 0: the first has that of the model, so that one network is as without members.

    The others' are far from those of the model's next trainings, which are seed + 1 and so on.
    """
    return seed if member == 0 else int(np.random.SeedSequence([seed, member]).generate_state(1)[0])


def member_checkpoint(checkpoint: Path | None, member: int) -> Path | None:
    """Name the checkpoint of a member, from 0: the first has that of the model."""
    return checkpoint and (checkpoint if member == 0 else checkpoint.with_stem(f"{checkpoint.stem}-{member}"))


def train_members(
    source: WindowSource,
    frames: np.ndarray,
    targets: np.ndarray,
    training: np.ndarray,
    validation: np.ndarray,
    settings: dict[str, Any],
    seed: int,
    objective: Objective | None = None,
    checkpoint: Path | None = None,
) -> tuple[SongEnsemble, pl.DataFrame]:
    """Train ``settings["members"]`` networks, one after another.

    The parameters and errors are those of `coldwave.models.cnn.training.train`.

    Returns
    -------
    The networks as one model, and their learning curves one after another: epochs count on.
    """
    networks, curves, epochs, seconds = [], [], 0, 0.0
    for member in range(settings["members"]):
        if settings["members"] > 1:
            log.info("network %d of %d", member + 1, settings["members"], extra={"screen": True})
        network, curve = train(
            source, frames, targets, training, validation, settings, member_seed(seed, member), objective,
            member_checkpoint(checkpoint, member),
        )  # fmt: skip
        networks.append(network)
        curves.append(curve.with_columns(pl.col("epoch") + epochs, pl.col("seconds") + seconds))
        epochs, seconds = curves[-1]["epoch"][-1], curves[-1]["seconds"][-1]
    return SongEnsemble(networks), pl.concat(curves)
