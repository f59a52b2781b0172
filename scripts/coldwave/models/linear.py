"""Ridge regression from song features to song factors (the paper's linear regression)."""

import logging
from collections.abc import Sequence

import numpy as np
import polars as pl

from coldwave.split.parts import songs_with_features

log = logging.getLogger(__name__)

CURVE_SCHEMA = {
    "strength": pl.Float64,
    "train_mse": pl.Float64,
    "validation_mse": pl.Float64,
    "best": pl.Boolean,
}


def mean_squared_error(targets: np.ndarray, predicted: np.ndarray) -> float:
    """Mean over songs of the squared distance between two [songs, factors] arrays."""
    return float(np.mean(np.sum((targets.astype(np.float64) - predicted) ** 2, axis=1)))


def fit_linear(
    features: np.ndarray,
    targets: np.ndarray,
    training: np.ndarray,
    validation: np.ndarray,
    strengths: Sequence[float],
) -> tuple[np.ndarray, np.ndarray, pl.DataFrame]:
    """Fit ridge regressions on training songs and keep the one with the smallest error on validation songs.

    A strength is relative to the mean variance of the features: 1 halves the weight of a direction with average
    variance, whatever the features' scale and the number of songs.

    Parameters
    ----------
    features : float32 [songs, d], NaN rows for songs without audio (left out)
    targets : float32 [songs, factors]
    training, validation : bool [songs]

    Returns
    -------
    weights float32 [factors, d], intercept float32 [factors], and the error at each strength

    Raises
    ------
    InputError
        No training or no validation song has features.
    """
    from sklearn.linear_model import Ridge

    train, held_out = songs_with_features(features, training, validation)
    inputs, outputs = features[train].astype(np.float64), targets[train].astype(np.float64)
    mean_eigenvalue = float(inputs.var(axis=0).sum()) * len(inputs) / inputs.shape[1]
    rows, fits = [], []
    for strength in strengths:
        ridge = Ridge(alpha=strength * mean_eigenvalue).fit(inputs, outputs)
        train_error = mean_squared_error(outputs, ridge.predict(inputs))
        error = mean_squared_error(targets[held_out], ridge.predict(features[held_out].astype(np.float64)))
        rows.append({"strength": strength, "train_mse": train_error, "validation_mse": error})
        fits.append(ridge)
        log.info(
            "strength %g: mean squared error %.5g on training songs, %.5g on validation songs",
            strength,
            train_error,
            error,
        )
    best = int(np.argmin([row["validation_mse"] for row in rows]))
    curve = pl.DataFrame(rows).with_columns(best=pl.int_range(pl.len()) == best)
    weights = np.atleast_2d(fits[best].coef_).astype(np.float32)
    return weights, np.atleast_1d(fits[best].intercept_).astype(np.float32), curve


def predict_linear(features: np.ndarray, weights: np.ndarray, intercept: np.ndarray) -> np.ndarray:
    """Predict song factors: float32 [songs, factors], NaN rows where the features are."""
    return (features @ weights.T + intercept).astype(np.float32)
