"""How models grow with the number of songs, over runs that differ in it: what they lack, and by how much they lead."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy import stats

from coldwave.evaluation.differences import LEVEL
from coldwave.evaluation.recommendation import cutoff_of, shares_heard
from coldwave.evaluation.table_of_measures import AUC, COMPARED, MAP

CLEAR = 2  # standard errors by which a gap must be above zero
MEASURED = {
    "songs": pl.UInt32,
    "training_songs": pl.UInt32,
    "model": pl.String,
    **{f"{one.key}{end}": pl.Float64 for one in COMPARED for end in ("", "_low", "_high")},
    **{one.heard_column: pl.Float64 for one in COMPARED},
    "gap": pl.Float64,  # AUC of the perfect ear minus the model's, null for the perfect ear, as is its error
    "gap_error": pl.Float64,  # standard error
    "ratio": pl.Float64,  # mAP divided by the reference's, null for the reference, as is its interval
    "ratio_low": pl.Float64,
    "ratio_high": pl.Float64,
}


class PowerLaw(NamedTuple):
    """A fit of ``gap = factor * size ** -exponent``."""

    factor: float
    exponent: float
    error: float  # standard error of the exponent
    low: float  # interval of the exponent
    high: float
    points: int

    def at(self, size: np.ndarray) -> np.ndarray:
        """Give the gap at each size, float64 of the same shape."""
        return self.factor * size**-self.exponent


def power_law(sizes: Sequence[float], gaps: Sequence[float], errors: Sequence[float]) -> PowerLaw | None:
    """Fit a power law by weighted least squares of log gap over log size.

    The standard error of a log gap is ``error / gap``. That of the exponent follows from these, or from the scatter
    about the line where that is larger, as worlds and trainings differ as well. Its interval takes Student's t with two
    degrees of freedom less than there are points.

    Parameters
    ----------
    sizes : numbers of songs, at least three different ones
    gaps, errors : what a model lacks at each size, and its standard error, which is positive

    Returns
    -------
    the fit, or None where there is none: with fewer than three sizes, or a gap that is less than two standard errors
    above zero, whose logarithm says nothing
    """
    gap, error_of_gap = np.asarray(gaps, np.float64), np.asarray(errors, np.float64)
    if len(set(sizes)) < 3 or (gap < CLEAR * error_of_gap).any():
        return None
    x, y, weights = np.log(np.asarray(sizes, np.float64)), np.log(gap), np.square(gap / error_of_gap)
    middle, height = np.average(x, weights=weights), np.average(y, weights=weights)
    spread = weights @ np.square(x - middle)
    slope = weights @ ((x - middle) * (y - height)) / spread
    freedom = len(x) - 2
    scatter = weights @ np.square(y - height - slope * (x - middle)) / freedom
    error = np.sqrt(max(1.0, scatter) / spread)
    reach = stats.t.ppf(1 - LEVEL / 2, freedom) * error
    found = (np.exp(height - slope * middle), -slope, error, -slope - reach, -slope + reach)
    return PowerLaw(*map(float, found), len(x))


def ratio_of(first: float, second: float, errors: Sequence[float]) -> tuple[float, float, float]:
    """Divide a positive mean by another: the ratio and the ends of its interval, by the delta method.

    V(log ratio) = V1 / first² + V2 / second² - 2 C / (first second), where the covariance C is half of V1 + V2 - V12.

    ``errors`` : standard errors of the first, of the second, and of their difference (V1, V2 and V12 are the squares)
    """
    one, other, both = np.square(np.asarray(errors, np.float64))
    variance = one / first**2 + other / second**2 - (one + other - both) / (first * second)
    reach = stats.norm.ppf(1 - LEVEL / 2) * np.sqrt(max(0.0, variance))
    ratio = first / second
    return ratio, float(ratio * np.exp(-reach)), float(ratio * np.exp(reach))


def measured(
    recommendation: pl.DataFrame,
    intervals: pl.DataFrame,
    differences: pl.DataFrame,
    training_songs: int,
    songs: int,
    ear: str,
    reference: str,
) -> pl.DataFrame:
    """Read what is compared over runs from the tables of one: a row for each model, columns as ``MEASURED``.

    Parameters
    ----------
    recommendation, intervals, differences : the run's tables (``coldwave.evaluation.recommendation`` and
        ``coldwave.evaluation.differences``)
    training_songs, songs : their numbers
    ear, reference : the models that gaps are to, and that ratios are of
    """
    cutoff = cutoff_of(recommendation)
    titles = {one.key: one.title_at(cutoff) for one in COMPARED}
    means = {(row["measure"], row["model"]): row for row in intervals.iter_rows(named=True)}
    apart = {}
    for row in differences.iter_rows(named=True):
        apart[row["measure"], row["first"], row["second"]] = row["difference"], row["error"]
        apart[row["measure"], row["second"], row["first"]] = -row["difference"], row["error"]
    rows: list[Mapping[str, Any]] = []
    for line in recommendation.iter_rows(named=True):
        model = line["model"]
        row = {"songs": songs, "training_songs": training_songs, "model": model}
        for key, title in titles.items():
            found = means[title, model]
            row |= {key: found["mean"], f"{key}_low": found["low"], f"{key}_high": found["high"]}
        row |= {one.heard_column: line[one.heard_column] for one in shares_heard(recommendation)}
        if model != ear:
            row["gap"], row["gap_error"] = apart[titles[AUC.key], ear, model]
        if model != reference:
            one, other = means[titles[MAP.key], model], means[titles[MAP.key], reference]
            errors = one["error"], other["error"], apart[titles[MAP.key], model, reference][1]
            row["ratio"], row["ratio_low"], row["ratio_high"] = ratio_of(one["mean"], other["mean"], errors)
        rows.append(row)
    return pl.DataFrame(rows, schema=MEASURED)
