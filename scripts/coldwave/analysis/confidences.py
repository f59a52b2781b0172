"""The distribution of confidences over plays (section 3 of the paper)."""

import numpy as np
import polars as pl

from coldwave.wmf.confidence import confidence


def distinct_confidences(counts: pl.Series, alpha: float, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """Return each confidence that occurs and how many pairs have it: float64 [n], increasing, and int64 [n].

    ``counts`` holds the plays of each pair of a user and a song.
    """
    table = pl.DataFrame({"count": counts}).group_by("count").len().sort("count")
    values = confidence(table["count"].to_numpy(), alpha, epsilon).astype(np.float64)
    return values, table["len"].to_numpy().astype(np.int64)


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Return the lowest of the increasing ``values`` with at least ``share`` of the weight at or below it."""
    total = np.cumsum(weights)
    return float(values[np.searchsorted(total, share * total[-1])])


def caption(values: np.ndarray, pairs: np.ndarray, alpha: float, epsilon: float) -> str:
    """Describe the distribution of confidences."""
    middle, high = (weighted_quantile(values, pairs, share) for share in (0.5, 0.99))
    return (
        f"Confidence of the {int(pairs.sum()):,} pairs of a user and a song played, 1 + {alpha:g} "
        f"log(1 + plays / {epsilon:g}): from {values.min():.3g} to {values.max():.3g}; half are at most "
        f"{middle:.3g}, 99 % at most {high:.3g}. All other pairs have 1. The vertical scale is logarithmic."
    )
