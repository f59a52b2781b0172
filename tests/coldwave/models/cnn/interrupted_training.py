"""Trains a network with everything that may be added to it, and waits to be killed where it is told to."""

import time
from pathlib import Path

import numpy as np
import torch
from test_cnn_ingredients import EVERYTHING
from test_cnn_training import SETTINGS, Songs

from coldwave.job import run
from coldwave.models.cnn import checkpoints
from coldwave.models.cnn.training import train

TRAINING, VALIDATION = np.arange(50), np.arange(50, 65)
BATCHES = 8 + 1  # of 7 training songs in an epoch, and of validation songs


class Pausing(Songs):
    """Songs that are given no more once they were asked for so many batches: a file then says so."""

    def __init__(self, batches, told):
        super().__init__()
        # each song is read once before the first epoch
        self.left, self.told = len(TRAINING) + batches if batches else -1, told

    def windows(self, songs, starts, length):
        if self.left == 0:
            self.told.touch()
            time.sleep(600)
        self.left -= 1
        return super().windows(songs, starts, length)


def main(*, checkpoint: Path, weights: Path, curve: Path, batches: int = 0) -> None:
    """Write the weights and the learning curve; with ``batches`` wait after so many, and say so in ``weights``."""
    torch.set_num_threads(1)
    checkpoints.WORTH = 0
    songs = Pausing(batches, weights)
    settings = SETTINGS | EVERYTHING | {"batch_size": 7, "epochs": 6, "learning_rate": 1e-2}
    network, rows = train(songs, songs.lengths, songs.targets, TRAINING, VALIDATION, settings, 1, checkpoint=checkpoint)
    np.savez(weights, **network.arrays())
    rows.write_parquet(curve)


if __name__ == "__main__":
    run(main)
