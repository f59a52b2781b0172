"""Choose settings of the factorisation by how well it ranks held-out plays of training songs.

No validation or test song takes part. Plays are held out in several draws. The first draw is for all settings; the
others are for the best of them alone, since most settings are far from the best.
"""

import itertools
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from coldwave.evaluation.held_out import (
    HeldOut,
    NothingToRank,
    hold_out_plays,
    measure,
    of_training_songs,
    vector_scores,
)
from coldwave.evaluation.table_of_measures import AUC, MAP
from coldwave.progress import track
from coldwave.wmf.als import factorise_plays
from coldwave.wmf.chosen import SCHEMA
from coldwave.wmf.listable import LISTABLE

log = logging.getLogger(__name__)

ROUGH = 1e-3  # tolerance of a trial: held-out plays are ranked no better after it
CURE = "read more plays, or write one value in place of each list in wmf"
AGAIN, LEAST = 4, 8  # one setting in four is drawn again, but at least eight

# What is maximised, of AUC and mAP. `both` falls with the share of pairs in the wrong order, 1 - AUC, as it rises with
# mAP: a tenth less of the one is worth a tenth more of the other. It does not depend on what else is tried.
SCORES = {
    "both": lambda auc, precision: precision / np.maximum(1 - auc, 1e-9),
    "auc": lambda auc, precision: auc,
    "map": lambda auc, precision: precision,
}


def schema(cutoff: int) -> dict[str, type[pl.DataType]]:
    """Columns of the table of `choose`: a row for each setting of the grid, means and deviations over its draws."""
    measures = ["score", AUC.column_at(cutoff), MAP.column_at(cutoff)]
    numbers = [name for one in measures for name in (one, f"{one}_sd")]
    return {**SCHEMA, **dict.fromkeys(numbers, pl.Float64), "draws": pl.UInt32, "chosen": pl.Boolean}


def some_users(plays: pl.DataFrame, number: int, seed: Sequence[int]) -> tuple[pl.DataFrame, int]:
    """Keep the plays of at most so many users, drawn at random, and number these users from 0; and their number."""
    users = plays["user"].unique().sort().to_numpy()
    if len(users) > number:
        users = np.sort(np.random.default_rng(seed).choice(users, number, replace=False))
        plays = plays.filter(np.isin(plays["user"].to_numpy(), users))
        log.info("the choice looks at %s users", f"{number:,}")
    return plays.with_columns(user=np.searchsorted(users, plays["user"].to_numpy())), len(users)


def trial(setting: Mapping[str, Any], wmf: Mapping[str, Any], drawn: HeldOut, cutoff: int, seed: int) -> list[float]:
    """Factorise the remaining plays with a setting of the grid, and rank those held out: mean AUC and AP of users."""
    settings = {**wmf, **setting, "tolerance": max(ROUGH, wmf["tolerance"])}
    fitted = factorise_plays(drawn.remaining, *drawn.known.shape, **settings, seed=seed)
    found = measure(vector_scores(*fitted), drawn.known, drawn.missing, cutoff, cutoff)
    if np.isnan(found.auc).all():
        raise NothingToRank(
            "no user has an AUC on held-out plays, as none lacks a training song besides those held out: read plays of "
            "more users"
        )
    return [float(np.nanmean(found.auc)), float(np.nanmean(found.ap))]


def choose(
    plays: pl.DataFrame,
    training: np.ndarray,
    grid: Mapping[str, Sequence[float]],
    wmf: Mapping[str, Any],
    held_out: float,
    draws: int,
    maximised: str,
    users: int,
    cutoff: int,
    seed: int,
    threads: int,
) -> pl.DataFrame:
    """Try every setting of a grid, and mark one: of those that are as good as the best, the one of fewest factors.

    As good: over the draws, the best is ahead of it by no more than the standard error of its lead.

    Parameters
    ----------
    plays : table ``user``, ``song``, ``count``, each pair once; training : bool [songs]
    grid : from settings (of ``LISTABLE``) to the values to try; wmf : the other settings, those ``factorise`` takes by
        name besides alpha and epsilon
    held_out : share of the plays; maximised : a key of ``SCORES``; users : the most to look at, drawn at random

    Returns
    -------
    table with columns as in ``schema``, in the order of the grid

    Raises
    ------
    NothingToRank
        There are too few plays to hold any out, or no user has one that an AUC could tell.
    """
    plays, number = some_users(of_training_songs(plays, training), users, [seed, 0])
    sizes = number, int(training.sum()), held_out
    drawn = [hold_out_plays(plays, *sizes, [seed, place], CURE) for place in range(1, draws + 1)]
    settings = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    found = np.full((len(settings), draws, 2), np.nan)
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:

        def run(pairs: list[tuple[int, int]]) -> None:
            measured = pool.map(lambda pair: trial(settings[pair[0]], wmf, drawn[pair[1]], cutoff, seed), pairs)
            for pair, values in zip(pairs, track(measured, "settings of wmf tried", len(pairs)), strict=True):
                found[pair] = values

        run([(place, 0) for place in range(len(settings))])
        first = SCORES[maximised](found[:, 0, 0], found[:, 0, 1])
        again = np.argsort(-first, kind="stable")[: max(LEAST, -(-len(settings) // AGAIN))]
        run([(place, other) for place in sorted(again.tolist()) for other in range(1, draws)])
    scores = SCORES[maximised](found[..., 0], found[..., 1])
    chosen = pick(scores[again], np.array([({**wmf, **settings[place]})["factors"] for place in again]))
    return _table(settings, wmf, found, scores, int(again[chosen]), cutoff)


def pick(scores: np.ndarray, factors: np.ndarray) -> int:
    """Pick a row of scores [settings, draws]: of those as good as the best, the one of fewest ``factors`` [settings].

    As good is one that the best leads, on average over the draws, by no more than the lead's standard error.
    """
    best = int(np.argmax(scores.mean(axis=1)))
    leads = scores[best] - scores
    draws = scores.shape[1]
    error = leads.std(axis=1, ddof=1) / np.sqrt(draws) if draws > 1 else np.zeros(len(scores))
    as_good = np.flatnonzero(leads.mean(axis=1) <= error)
    return int(as_good[np.lexsort((-scores[as_good].mean(axis=1), factors[as_good]))[0]])


def _table(
    settings: Sequence[Mapping[str, Any]],
    wmf: Mapping[str, Any],
    found: np.ndarray,
    scores: np.ndarray,
    chosen: int,
    cutoff: int,
) -> pl.DataFrame:
    """Tabulate what was found, [settings, draws, 2], and the scores [settings, draws]; NaN where it was not tried."""
    rows = []
    for place, setting in enumerate(settings):
        tried = ~np.isnan(scores[place])
        row = {key: {**wmf, **setting}[key] for key in LISTABLE} | {
            "draws": int(tried.sum()),
            "chosen": place == chosen,
        }
        columns = zip(
            ("score", AUC.column_at(cutoff), MAP.column_at(cutoff)), (scores[place], *found[place].T), strict=True
        )
        for name, values in columns:
            row[name] = float(values[tried].mean()) if tried.any() else None
            row[f"{name}_sd"] = float(values[tried].std(ddof=1)) if tried.sum() > 1 else None
        rows.append(row)
    return pl.DataFrame(rows, schema=schema(cutoff))


def first_of_lists(grid: Mapping[str, Sequence[float]], wmf: Mapping[str, Any], cutoff: int) -> pl.DataFrame:
    """Make the table of ``choose`` where nothing can be measured: one row, the first value of each list."""
    setting = {key: values[0] for key, values in grid.items()}
    return _table([setting], wmf, np.full((1, 0, 2), np.nan), np.full((1, 0), np.nan), 0, cutoff)


def at_chance(chosen: Mapping[str, Any]) -> list[str]:
    """Say if even the chosen settings tell nothing of held-out plays."""
    if chosen["auc"] > AUC.chance:
        return []
    return ["wmf: even the chosen settings rank held-out plays no better than chance: read plays of more users"]


def at_the_end(grid: Mapping[str, Sequence[float]], chosen: Mapping[str, Any]) -> list[str]:
    """Say of each list of three or more values whether the chosen one is its least or greatest.

    A list of two has no middle. Zero is not told: no setting can be lower.
    """
    told = []
    for key, values in grid.items():
        value, ends = chosen[key], (min(values), max(values))
        if len(values) > 2 and value in ends and value != 0:
            side, more = ("least", "lower") if value == ends[0] else ("greatest", "higher")
            told.append(f"wmf.{key}: {value:g} was chosen, the {side} of its list: list {more} values too")
    return told
