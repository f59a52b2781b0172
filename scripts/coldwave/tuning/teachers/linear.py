"""How a search teaches ridge regression: as its rules do, without files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from coldwave.files import read_array
from coldwave.models.linear import fit_linear, predict_linear
from coldwave.tuning.trials import Listening, Teach


def teacher(
    listening: Listening, features: Path | None, index: Path | None, log_mels: list[Path], seed: int, threads: int
) -> Teach:
    """The function that teaches it, on ``features``."""
    heard = read_array(features)

    def teach(_users: np.ndarray, songs: np.ndarray, settings: Mapping[str, Any]) -> np.ndarray:
        weights, intercept, _ = fit_linear(
            heard, songs, listening.training, listening.validation, settings["strengths"]
        )
        return predict_linear(heard, weights, intercept)

    return teach
