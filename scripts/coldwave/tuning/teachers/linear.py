"""Train ridge regression in a search: as its rules do, but without files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from coldwave.files import read_array
from coldwave.models.linear import fit_linear, predict_linear
from coldwave.tuning.trials import SearchData, Teach
from coldwave.wmf.gram import score_metric


def teacher(
    data: SearchData, features: Path | None, index: Path | None, log_mels: list[Path], seed: int, threads: int
) -> Teach:
    """Make the function that trains it on ``features``."""
    vectors = read_array(features)

    def teach(users: np.ndarray, songs: np.ndarray, settings: Mapping[str, Any]) -> np.ndarray:
        # validation songs judge the trial, so it never learns from them, whatever ``refit`` says
        fit = fit_linear(vectors, songs, data.training, score_metric(users), settings["strengths"])
        return predict_linear(vectors, fit.weights, fit.intercept)

    return teach
