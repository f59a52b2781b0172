"""Ridge regression from song features to song factors (the paper's linear regression)."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.models.directions import find_directions
from coldwave.models.ridge import Ridge
from coldwave.models.strengths import Strengths

log = logging.getLogger(__name__)

MARGIN = 0.5  # standard errors by which a direction's own strength has to be better than the common one
CURVE_SCHEMA = {
    "strength": pl.Float64,
    "train_mse": pl.Float64,  # of a user's score, over the songs learnt from
    "left_out_mse": pl.Float64,  # the same, of each song by the regression without it
    "directions": pl.UInt32,  # of the factors, that keep this strength
    "best": pl.Boolean,  # whether it would be the best for all directions together
}


class Linear(NamedTuple):
    """Fitted regressions.

    ``weights`` float32 [factors, d], ``intercept`` float32 [factors]; ``left_out`` float32 [songs, factors], the
    predictions of songs learnt from, each by the regression without it about the mean of all
    (``Ridge.left_out_about_mean``), NaN for other songs; ``curve`` the error at each strength, columns as in
    ``CURVE_SCHEMA``.
    """

    weights: np.ndarray
    intercept: np.ndarray
    left_out: np.ndarray
    curve: pl.DataFrame


def fit_linear(
    features: np.ndarray, targets: np.ndarray, fitted: np.ndarray, metric: np.ndarray, strengths: Sequence[float]
) -> Linear:
    """Fit a ridge regression along each direction of the factors, with a strength of its own.

    Strengths are chosen by their errors when songs are left out one by one. A direction leaves the strength that is the
    best for all together only where its own best one is better by more than chance (``MARGIN``). A direction that the
    features do not tell is predicted by its mean. The grid of strengths widens by itself (``Strengths``).

    Parameters
    ----------
    features : float32 [songs, d], NaN rows for songs without audio (left out)
    targets : float32 [songs, factors]
    fitted : bool [songs], those to learn from
    metric : float64 [factors, factors] (``coldwave.wmf.gram.score_metric``): errors are those of users' scores
    strengths : relative to the features' mean variance (``Ridge``)

    Raises
    ------
    InputError
        Fewer than two songs to learn from have features.
    """
    known = np.flatnonzero(fitted & np.isfinite(features).all(axis=1))
    if len(known) < 2:
        raise InputError(
            f"{len(known)} of {int(fitted.sum()):,} songs to learn from have features, and a regression needs two: see "
            "the statuses in audio/index.parquet, or the log of the embedding"
        )
    directions = find_directions(targets[known], metric)
    wanted = directions.coordinates(targets[known])
    ridge = Ridge(features[known], wanted)

    def errors(predicted: np.ndarray) -> np.ndarray:
        return np.square(wanted - predicted).mean(axis=0)

    grid = Strengths(strengths, errors(ridge.left_out(np.inf)))
    training = {}
    for strength in grid:
        grid.tell(strength, errors(ridge.left_out(strength)))
        training[strength] = errors(ridge.fitted(strength)).sum()
        log.info("strength %g: mean squared error of scores %.5g on songs learnt from, %.5g on songs left out",
                 strength, training[strength], grid.tried[strength].sum())  # fmt: skip
    grid.warn("linear regression")
    chosen = _own_or_common(ridge, wanted, grid)
    weights, intercept = ridge.weights(chosen)
    left_out = np.full(targets.shape, np.nan, dtype=np.float32)
    left_out[known] = directions.factors(ridge.left_out_about_mean(chosen))
    log.info("%d directions: error %.5g on songs left out; %d of them predicted by their mean alone",
             len(chosen), grid.errors.min(axis=0).sum(), np.isinf(chosen).sum())  # fmt: skip
    curve = pl.DataFrame(
        [(strength, training[strength], grid.tried[strength].sum(), int((chosen == strength).sum()))
         for strength in grid.strengths],
        schema=list(CURVE_SCHEMA)[:-1], orient="row",
    )  # fmt: skip
    curve = curve.with_columns(best=pl.int_range(pl.len()) == pl.col("left_out_mse").arg_min()).cast(CURVE_SCHEMA)
    return Linear(
        (directions.back.T @ weights).astype(np.float32), directions.factors(intercept[None])[0], left_out, curve
    )


def _own_or_common(ridge: Ridge, wanted: np.ndarray, grid: Strengths) -> np.ndarray:
    """Choose each direction's own best strength where it is clearly better than the common one: float64 [factors]."""
    own, common = grid.best(), grid.best_together()
    gains = np.square(wanted - ridge.left_out(common)) - np.square(wanted - ridge.left_out(own))
    margins = MARGIN * gains.std(axis=0) / np.sqrt(len(gains))
    return np.where(gains.mean(axis=0) > margins, own, common)


def predict_linear(
    features: np.ndarray, weights: np.ndarray, intercept: np.ndarray, left_out: np.ndarray | None = None
) -> np.ndarray:
    """Predict song factors: float32 [songs, factors], NaN rows where the features are.

    Songs that have a row in ``left_out`` (float32 [songs, factors], NaN elsewhere) get that one.
    """
    predicted = (features @ weights.T + intercept).astype(np.float32)
    return predicted if left_out is None else np.where(np.isnan(left_out), predicted, left_out)
