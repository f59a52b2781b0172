"""Train ridge regression in a search: as its rules do, but without files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from coldwave.files import read_array
from coldwave.models.linear import fit_linear, predict_linear
from coldwave.tuning.trials import SearchData, Teach


def teacher(
    data: SearchData, features: Path | None, index: Path | None, log_mels: list[Path], seed: int, threads: int
) -> Teach:
    """Make the function that trains it on ``features``."""
    vectors = read_array(features)

    def teach(_users: np.ndarray, songs: np.ndarray, settings: Mapping[str, Any]) -> np.ndarray:
        weights, intercept, _ = fit_linear(vectors, songs, data.training, data.validation, settings["strengths"])
        return predict_linear(vectors, weights, intercept)

    return teach
