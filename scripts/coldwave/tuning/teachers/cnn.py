"""Train a convolutional network in a search: as its rules do, but without files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from coldwave.audio.frames import LogMels
from coldwave.files import read_table
from coldwave.models.cnn.chosen_objective import chosen_objective
from coldwave.models.cnn.ensemble import train_members
from coldwave.models.cnn.prediction import predict
from coldwave.models.devices import best_device
from coldwave.tuning.trials import SearchData, Teach


def teacher(
    data: SearchData, features: Path | None, index: Path | None, log_mels: list[Path], seed: int, threads: int
) -> Teach:
    """Make the function that trains it on ``log_mels``."""
    source = LogMels(read_table(index), log_mels)
    torch.set_num_threads(threads)

    def teach(users: np.ndarray, songs: np.ndarray, settings: Mapping[str, Any]) -> np.ndarray:
        long_enough = source.lengths >= settings["window"]
        training = np.flatnonzero(data.training & long_enough)
        validation = np.flatnonzero(data.validation & long_enough)
        objective = chosen_objective(settings, data.plays, users, songs, training, seed)
        alone = dict(settings) | {"devices": 1, "nodes": 1}  # a trial is short, and is not resumed
        network, _ = train_members(source, source.lengths, songs, training, validation, alone, seed, objective)
        device = best_device(settings["accelerator"])
        return predict(network, source, source.lengths, settings["window"], device)

    return teach
