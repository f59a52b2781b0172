"""Where each model earns its AUC: the AUC within each type of pairs, and what each type brings to a lead.

A lead in AUC is the sum over types of the share of the pairs times the lead within the type, exactly. The share is the
mean over users, and the AUC within a type the mean over users weighted by the user's share. So neither depends on which
model is looked at, but for the AUC. Intervals draw users, test songs and trainings, as those of
``coldwave.evaluation.differences`` do: what they need of songs are the same sums without each song, added up over songs
that were drawn together.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.evaluation.differences import Variances, interval_of, variances_of
from coldwave.evaluation.models import FEATURES, LOG_MELS, Model, in_order
from coldwave.evaluation.pair_auc import PairAuc, map_within
from coldwave.evaluation.pair_rows import CHANCE, EVERY, rows_of
from coldwave.evaluation.pair_types import Pairs
from coldwave.evaluation.song_covariance import left_together

SCHEMA = {
    "by": pl.String,  # all, familiarity, artist, and what makes songs alike: genre and users, or users alone
    "pairs": pl.String,  # as in `rows_of`
    "share": pl.Float64,  # of the pairs, mean over users
    "users": pl.UInt32,  # with such a pair
    "model": pl.String,
    "kind": pl.String,
    "seeds": pl.UInt32,
    "auc": pl.Float64,  # within these pairs
    "auc_low": pl.Float64,  # null with fewer than two test songs, as is each end of an interval
    "auc_high": pl.Float64,
    "map": pl.Float64,  # of these songs ranked among themselves; null for pairs of songs of two types
    "reference": pl.String,  # the model that it is compared with
    "lead": pl.Float64,  # of its AUC within these pairs over the reference's
    "lead_low": pl.Float64,
    "lead_high": pl.Float64,
    "part": pl.Float64,  # share x lead: what these pairs bring to the lead over all pairs
    "part_low": pl.Float64,
    "part_high": pl.Float64,
}


class Ranked(NamedTuple):
    """The pairs of one model, ranked with one seed (as ``PairAuc``), and the mAP within types."""

    model: str
    seed: int
    won: np.ndarray
    pairs: np.ndarray
    won_without: np.ndarray
    pairs_without: np.ndarray
    together: np.ndarray
    maps: dict[tuple[int, int], float]


def ranked(model: str, seed: int, pairs: Pairs, found: PairAuc, cutoff: int) -> Ranked:
    """Keep what the table needs of the ranked pairs of a model."""
    return Ranked(model, seed, *found[:4], pairs.together, map_within(pairs, found, cutoff))


def reference_of(models: Mapping[str, Model]) -> str | None:
    """Find the model that the others are compared with: the first that hears audio itself; None without any."""
    return next((name for name in in_order(models) if models[name].hears in (FEATURES, LOG_MELS)), None)


def where_table(
    found: Sequence[Ranked], models: Mapping[str, Model], artists_named: bool, tagged: bool
) -> pl.DataFrame:
    """Make a row for all pairs and for each type with any pair, of each model; columns as ``SCHEMA``.

    Parameters
    ----------
    found
        Each of ``models`` with each of its seeds, of the same pairs.
    artists_named, tagged
        As ``Pairs`` says of the songs.
    """
    if not found or len(found[0].pairs) == 0:
        return pl.DataFrame(schema=SCHEMA)
    names, first = in_order(models), reference_of(models)
    seeds = [[one for one in found if one.model == name] for name in names]
    against = [names.index(first) if first is not None and name != first else len(names) for name in names]
    rows = []
    for row in rows_of(artists_named, tagged):
        if not (found[0].pairs @ row.types).any():
            continue
        within, parts = (Means.of(seeds, row.types, below) for below in (row.types, EVERY))
        for place, name in enumerate(names):
            maps = [one.maps.get(row.within) for one in seeds[place]] if row.within else [None]
            rows.append(
                {
                    "by": row.by,
                    "pairs": row.pairs,
                    "share": (found[0].pairs @ row.types).mean(),
                    "users": int((found[0].pairs @ row.types > 0).sum()),
                    "model": name,
                    "kind": models[name].kind,
                    "seeds": len(seeds[place]),
                    **_named("auc", *within.interval(place)),
                    "map": None if None in maps else float(np.mean(maps)),
                    "reference": CHANCE if against[place] == len(names) else names[against[place]],
                    **_named("lead", *within.interval(place, against[place])),
                    **_named("part", *parts.interval(place, against[place])),
                }
            )
    return pl.DataFrame(rows, schema=SCHEMA)


def _named(name: str, mean: float, low: float | None, high: float | None) -> dict[str, float | None]:
    return {name: mean, f"{name}_low": low, f"{name}_high": high}


class Means(NamedTuple):
    """The means of models, the last of which is chance, and what they vary by.

    A mean is a ratio of sums over users, won pairs divided by pairs. A user's value is the mean plus the user's
    influence on it times the number of users.
    """

    means: np.ndarray
    variances: Variances

    @classmethod
    def of(cls, seeds: Sequence[Sequence[Ranked]], types: np.ndarray, below: np.ndarray) -> "Means":
        """Divide the won pairs of some types by the pairs ``below``: of models, each with its seeds, and of chance."""
        one = seeds[0][0]
        pairs, without = one.pairs @ below, one.pairs_without @ below
        chance, chance_without = one.pairs @ types / 2, one.pairs_without @ types / 2
        won = [*(np.mean([each.won @ types for each in own], axis=0) for own in seeds), chance]
        left = [*(np.mean([each.won_without @ types for each in own], axis=0) for own in seeds), chance_without]
        each = [[float((each.won @ types).sum() / pairs.sum()) for each in own] for own in seeds]
        means = np.array([values.sum() / pairs.sum() for values in won])
        values = np.stack([means[place] + (one - means[place] * pairs) / pairs.mean() for place, one in enumerate(won)])
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = [one[:, 0] / without[:, 0] for one in left]
            signed = [
                (one[:, 1] - ratio * without[:, 1]) / without[:, 0] for one, ratio in zip(left, ratios, strict=True)
            ]
        both = np.stack([np.stack(ratios, axis=1), np.stack(signed, axis=1)], axis=1)  # [songs, 2, models]
        told = np.isfinite(both).all(axis=(1, 2))  # not a song without which there are no such pairs
        left = left_together(both[told], seeds[0][0].together[told])
        return cls(means, variances_of(values.T, [*each, [float(means[-1])]], left))

    def interval(self, model: int, less: int | None = None) -> tuple[float, float | None, float | None]:
        """Give the mean of a model, or its lead over another, and the ends of the interval."""
        contrast = np.eye(len(self.means))[model]
        if less is not None:
            contrast = contrast - np.eye(len(self.means))[less]
        mean = float(contrast @ self.means)
        found = interval_of(mean, *self.variances.error(contrast))
        return mean, found["low"], found["high"]
