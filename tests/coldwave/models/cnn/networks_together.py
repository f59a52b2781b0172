"""Trains a network on each of some settings, alone or as one of several processes, and keeps what came out."""

import logging
from pathlib import Path

import numpy as np
import torch
from test_cnn_ingredients import EVERYTHING, trained_to_rank
from test_cnn_training import Listeners, Songs, trained, trained_on_plays

from coldwave.job import run
from coldwave.models.cnn import training
from coldwave.models.cnn.launching import is_main_process

# 50 training songs: 7 batches of 7, and one song that a second process has no share in
SHORT = {"epochs": 4, "batch_size": 7, "learning_rate": 1e-2}
# A constant added to all predictions ranks the same, and one before a normalisation is taken away again: such biases
# have no gradient but rounding, which adamw makes steps of.
NESTEROV = {"optimizer": "nesterov", "learning_rate": 0.05}
# Short steps, as rounding grows from step to step through all of these.
INGREDIENTS = {name: value for name, value in EVERYTHING.items() if name != "dropout"} | {"learning_rate": 0.01}


def noise(songs):
    return np.random.default_rng(1).standard_normal(songs.targets.shape).astype(np.float32)


def outcomes(processes):
    """From each case to its network and learning curve."""
    songs, given = Songs(), SHORT | {"devices": processes}
    listened = songs, Listeners(songs)
    yield "mse", trained(songs, **given)  # the validation songs are one batch, which both processes take
    training.EVALUATION_BATCH = 8
    yield "stopped", trained(songs, targets=noise(songs), **given | {"epochs": 60, "patience": 2})
    yield "wpe", trained_on_plays(listened, 0.5, **given)
    yield "bpr", trained_to_rank(listened, "bpr", **given | NESTEROV)
    yield "sampled_softmax", trained_to_rank(listened, "sampled_softmax", **given | NESTEROV)
    yield "ingredients", trained(songs, **given | NESTEROV | INGREDIENTS)
    yield "ranked_ingredients", trained_to_rank(listened, "bpr", **given | NESTEROV | INGREDIENTS)


def main(*, folder: Path, processes: int) -> None:
    """Write ``CASE.npz``, the weights, and ``CASE.parquet``, the learning curve, of each case."""
    torch.set_num_threads(1)
    logging.disable()
    for name, (network, curve) in outcomes(processes):
        if is_main_process():
            np.savez(folder / f"{name}.npz", **network.arrays())
            curve.drop("seconds").write_parquet(folder / f"{name}.parquet")


if __name__ == "__main__":
    run(main)
