"""How a search teaches each kind of model that predicts factors: as the rules of that kind do, without files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from coldwave.audio.frames import LogMels
from coldwave.files import read_array, read_table
from coldwave.tuning.trials import Listening, Teach


def teacher(
    kind: str, listening: Listening, features: Path | None, index: Path | None, log_mels: list[Path], seed: int,
    threads: int,
) -> Teach:  # fmt: skip
    """The function that teaches a model of some kind, on what it hears: ``features``, or ``index`` and ``log_mels``."""
    if kind == "cnn":
        return _network(listening, LogMels(read_table(index), log_mels), seed, threads)
    heard = read_array(features)
    return _linear(listening, heard) if kind == "linear" else _perceptron(listening, heard, seed)


def _linear(listening: Listening, features: np.ndarray) -> Teach:
    from coldwave.models.linear import fit_linear, predict_linear

    def teach(_users: np.ndarray, songs: np.ndarray, settings: Mapping[str, Any]) -> np.ndarray:
        weights, intercept, _ = fit_linear(
            features, songs, listening.training, listening.validation, settings["strengths"]
        )
        return predict_linear(features, weights, intercept)

    return teach


def _perceptron(listening: Listening, features: np.ndarray, seed: int) -> Teach:
    from coldwave.models.mlp.prediction import predict_mlp
    from coldwave.models.mlp.training import train_mlp

    def teach(_users: np.ndarray, songs: np.ndarray, settings: Mapping[str, Any]) -> np.ndarray:
        arrays, _ = train_mlp(features, songs, listening.training, listening.validation, dict(settings), seed)
        return predict_mlp(features, arrays)

    return teach


def _network(listening: Listening, source: LogMels, seed: int, threads: int) -> Teach:
    import torch

    from coldwave.models.cnn.chosen_objective import chosen_objective
    from coldwave.models.cnn.prediction import best_device, predict
    from coldwave.models.cnn.training import train

    torch.set_num_threads(threads)

    def teach(users: np.ndarray, songs: np.ndarray, settings: Mapping[str, Any]) -> np.ndarray:
        long_enough = source.lengths >= settings["window"]
        training = np.flatnonzero(listening.training & long_enough)
        validation = np.flatnonzero(listening.validation & long_enough)
        objective = chosen_objective(settings, listening.plays, users, songs, training, seed)
        alone = dict(settings) | {"devices": 1, "nodes": 1}  # a trial is short, and is not resumed
        network, _ = train(source, source.lengths, songs, training, validation, alone, seed, objective)
        device = best_device(settings["accelerator"])
        return predict(network, source, source.lengths, settings["window"], device)

    return teach
