"""The popularity that a song can be expected to have, by what is heard of it, its year, its artist and its album.

With y the logarithm of 1 + the number of users who have played a song, less its mean over the songs learnt from,

    y = what is heard, and the year + mean + artist's effect + album's effect + noise

The first is a ridge regression (``coldwave.models.linear``), and the effects are those of what it leaves of each song
that it has not learnt from (``coldwave.models.names``): both shrink towards the mean, the more so the less is known.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.models.linear import fit_linear, predict_linear
from coldwave.models.names.groups import find_groups
from coldwave.models.names.prediction import Heard, Names, fit_names, predict_names
from coldwave.models.popularity_estimate.years import Years, find_years, with_years

ALL, AUDIO, NAMES = "estimate", "audio", "artist and album"  # the whole, and its parts


class Estimate(NamedTuple):
    """What is learnt of popularity.

    ``values`` float32 [songs, 1], y of the songs learnt from, 0 of others. ``weights`` float32 [1, d + 1] and
    ``intercept`` [1] are the regression's, and ``left_out`` float32 [songs, 1] what it predicts of each song learnt
    from without it, NaN of others. ``names`` is None where names do not count.
    """

    values: np.ndarray
    weights: np.ndarray
    intercept: np.ndarray
    left_out: np.ndarray
    years: Years
    names: Names | None

    @classmethod
    def of(cls, tensors: Mapping[str, np.ndarray]) -> "Estimate":
        """Read it from the arrays that `tensors` made."""
        names = Names.of(tensors) if "ratios" in tensors else None
        own = (tensors[name] for name in ("values", "weights", "intercept", "left_out"))
        return cls(*own, Years(*tensors["years"].tolist()), names)

    def tensors(self) -> dict[str, np.ndarray]:
        """Name its arrays."""
        own = {"values": self.values, "weights": self.weights, "intercept": self.intercept, "left_out": self.left_out}
        named = self.names.tensors(Heard.as_new(self.left_out)) if self.names else {}
        return own | {"years": np.array(self.years)} | named

    def heard(self, features: np.ndarray, dates: pl.Series, left_out: np.ndarray | None = None) -> np.ndarray:
        """Predict songs by their features and years: float32 [songs, 1], NaN without features.

        Songs that have a row in ``left_out`` get that one, as in `predict_linear`; any other counts as a new one.
        """
        return predict_linear(with_years(features, dates, self.years), self.weights, self.intercept, left_out)


def count_users(plays: pl.DataFrame, songs: int) -> np.ndarray:
    """Count the users of each song: int64 [songs]. ``plays``: table ``song``, a row for each user of it."""
    return np.bincount(plays["song"].to_numpy(), minlength=songs)


def fit_estimate(
    users: np.ndarray,
    known: np.ndarray,
    features: np.ndarray,
    songs: pl.DataFrame,
    strengths: Sequence[float],
    by_names: bool = True,
) -> Estimate:
    """Learn from the known songs.

    Parameters
    ----------
    users : int [songs], of each song; known : bool [songs]
    features : float32 [songs, d], NaN rows for songs without
    songs : table ``song_id``, ``artist``, ``album``, ``date``; nothing of songs that are not known is read
    strengths : of the ridge regression, as in `fit_linear`
    by_names : whether artists and albums count

    Raises
    ------
    InputError
        Fewer than two known songs have features.
    """
    logarithms = np.log1p(users.astype(np.float64))
    values = np.where(known, logarithms - logarithms[known].mean(), 0)[:, None].astype(np.float32)
    years, metric = find_years(songs["date"], features, known), np.eye(1)
    linear = fit_linear(with_years(features, songs["date"], years), values, known, metric, strengths)
    names = None
    if by_names:  # of the known songs alone: where others stand among them would change the order of sums
        groups, own = find_groups(songs.filter(known)), Heard.as_new(linear.left_out[known])
        names = fit_names(groups, values[known], np.ones(len(own.learnt), dtype=bool), metric, own)
    return Estimate(values, linear.weights, linear.intercept, linear.left_out, years, names)


def predict_parts(
    estimate: Estimate, known: np.ndarray, features: np.ndarray, songs: pl.DataFrame
) -> dict[str, np.ndarray]:
    """Estimate the popularity of all songs, known ones as if they were new: from ``ALL`` and each part to [songs, 1].

    The estimate is float32: a song of 1 has e times as many users as a typical one. A song without features is
    estimated by its names, or NaN where these do not count.
    """
    own = estimate.heard(features, songs["date"], estimate.left_out)
    if estimate.names is None:
        return {ALL: own}
    groups = find_groups(songs)
    by_names = predict_names(groups, estimate.values, known, estimate.names)
    both = predict_names(groups, estimate.values, known, estimate.names, Heard.as_new(own))
    return {ALL: both, AUDIO: own, NAMES: by_names}
