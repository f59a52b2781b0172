"""The year of a song's release, as one more feature of a regression."""

from typing import NamedTuple

import numpy as np
import polars as pl


class Years(NamedTuple):
    """How a year becomes a feature: (year - ``mean``) times ``scale``, of a year between ``low`` and ``high``.

    Years are those of songs learnt from. ``scale`` is 0 where these have no years, or one year alone.
    """

    mean: float
    scale: float
    low: float
    high: float


def find_years(dates: pl.Series, features: np.ndarray, known: np.ndarray) -> Years:
    """Scale the years so that they vary as much as all features together: a ridge regression then holds both for
    equally likely to matter.

    Parameters
    ----------
    dates : YYYY, YYYY-MM or YYYY-MM-DD, or null; features : float32 [songs, d], NaN rows for songs without
    known : bool [songs], those to learn from
    """
    learnt = known & np.isfinite(features).all(axis=1)
    years = _years(dates)[learnt]
    years = years[np.isfinite(years)]
    spread = years.std() if len(years) else 0.0
    if spread == 0:
        return Years(0.0, 0.0, 0.0, 0.0)
    scale = np.sqrt(features[learnt].var(axis=0, dtype=np.float64).sum()) / spread
    return Years(float(years.mean()), float(scale), float(years.min()), float(years.max()))


def with_years(features: np.ndarray, dates: pl.Series, years: Years) -> np.ndarray:
    """Add a column for the year: float32 [songs, d + 1].

    A song without a year has the mean one. A year beyond those of songs learnt from counts as the nearest of these, so
    that no trend goes on for ever.
    """
    own = np.clip(_years(dates), years.low, years.high) - years.mean
    column = np.where(np.isfinite(own), own * years.scale, 0)
    return np.column_stack((features, column)).astype(np.float32)


def _years(dates: pl.Series) -> np.ndarray:
    return dates.cast(pl.String).str.head(4).cast(pl.Float64).fill_null(np.nan).to_numpy()
