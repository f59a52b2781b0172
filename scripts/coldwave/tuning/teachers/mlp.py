"""How a search teaches a multilayer perceptron: as its rules do, without files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from coldwave.files import read_array
from coldwave.models.mlp.prediction import predict_mlp
from coldwave.models.mlp.training import train_mlp
from coldwave.tuning.trials import Listening, Teach


def teacher(
    listening: Listening, features: Path | None, index: Path | None, log_mels: list[Path], seed: int, threads: int
) -> Teach:
    """The function that teaches it, on ``features``."""
    heard = read_array(features)

    def teach(_users: np.ndarray, songs: np.ndarray, settings: Mapping[str, Any]) -> np.ndarray:
        arrays, _ = train_mlp(heard, songs, listening.training, listening.validation, dict(settings), seed)
        return predict_mlp(heard, arrays)

    return teach
