"""How many plays of a song hearing it is worth.

Test songs are folded in from k plays each, drawn at random among one half of the users, and ranked for the other half,
both ways (``coldwave.wmf.halves``). This is how well the factorisation does once a song has been out for a while. A
model that has heard the songs, and knows no play of them, is worth as many plays as it takes to rank them as well.

Without a play all songs have the same vector, so that k = 0 is chance, whatever that vector is. A prior at the mean of
the training factors was tried in place of zero: it changes no AUC by more than 0.003.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
import scipy.sparse as sparse

from coldwave.evaluation.differences import LEVEL
from coldwave.evaluation.models import Model
from coldwave.evaluation.resampling import Measured, resampled_measures
from coldwave.evaluation.table_of_measures import COMPARED
from coldwave.wmf.halves import draw_plays, facing_vectors, fold_in_halves

log = logging.getLogger(__name__)

MEASURES = COMPARED  # AUC and mAP, in the order of the last axis of arrays
CURVE = {
    "measure": pl.String,  # its key
    "plays": pl.UInt32,  # of each test song by each half of the users
    "value": pl.Float64,  # mean over users, then over draws of the plays
    "low": pl.Float64,
    "high": pl.Float64,
    "short": pl.UInt32,  # test songs with fewer plays by a half of the users, which give all they have
}
WORTH = {
    "measure": pl.String,
    "model": pl.String,
    "kind": pl.String,
    "seeds": pl.UInt32,
    "value": pl.Float64,  # mean over users, then over seeds
    "plays": pl.Float64,  # inf if the largest number is not enough, -inf if the smallest is too many
    "low": pl.Float64,
    "high": pl.Float64,
}


class Relevant(NamedTuple):
    """The test songs that each user has played (``coldwave.evaluation.candidates.relevant_songs``), and how to measure
    rankings of them."""

    starts: np.ndarray
    songs: np.ndarray
    cutoff: int
    samples: int
    seed: int
    threads: int

    def measure(self, user_vectors: np.ndarray, song_vectors: np.ndarray) -> Measured:
        """Rank the test songs by the inner products of vectors, and measure the rankings."""
        given = user_vectors, song_vectors, self.starts, self.songs, self.cutoff
        return resampled_measures(*given, self.samples, self.seed, self.threads)


def folded_in(
    confidences: sparse.csr_matrix,
    user_factors: np.ndarray,
    first: np.ndarray,
    wmf: Mapping[str, float],
    plays: Sequence[int],
    draws: int,
    relevant: Relevant,
) -> list[list[Measured]]:
    """Measure test songs folded in from each number of plays, and each draw of them.

    Parameters
    ----------
    confidences : CSR [users, test songs]
    user_factors, first, wmf : as `fold_in_halves`
    """
    facing, found = facing_vectors(user_factors, first), [[] for _ in plays]
    for draw in range(draws):
        order = np.random.default_rng([relevant.seed, draw]).permutation(confidences.nnz)
        for most, measured in zip(plays, found, strict=True):
            drawn = draw_plays(confidences, first, order, most)
            songs = fold_in_halves(drawn, user_factors, first, wmf, relevant.threads)
            measured.append(relevant.measure(facing, songs))
            log.info("%s plays, draw %s: %s", most, draw + 1, measured[-1].means.round(4).tolist())
    return found


def plays_worth(plays: Sequence[int], curve: np.ndarray, value: float) -> float:
    """Find the number of plays at which a curve first reaches a value, between measured numbers by log(1 + plays).

    Parameters
    ----------
    plays : measured numbers, ascending
    curve : [plays], what was measured

    Returns
    -------
    inf if the curve stays below; where it begins no lower, 0 if it begins at 0 plays, else -inf
    """
    reached = np.flatnonzero(curve >= value)
    if not len(reached):
        return math.inf
    place = int(reached[0])
    if place == 0:
        return 0.0 if plays[0] == 0 else -math.inf
    below, above = np.log1p(plays[place - 1]), np.log1p(plays[place])
    share = (value - curve[place - 1]) / (curve[place] - curve[place - 1])
    return float(np.expm1(below + share * (above - below)))


def drawn_means(measured: Sequence[Measured], rng: np.random.Generator) -> np.ndarray:
    """Average seeds, or draws of plays, over as many drawn with replacement in each sample: [samples, 2].

    Few of them, drawn from themselves, vary too little: what is drawn is moved away from their mean to make up for it.
    """
    samples, number = np.stack([one.samples for one in measured]), len(measured)
    mean = samples.mean(axis=0)
    drawn = samples[rng.integers(0, number, (number, samples.shape[1])), np.arange(samples.shape[1])].mean(axis=0)
    return mean + (drawn - mean) * math.sqrt(number / max(number - 1, 1))


def worth_tables(
    plays: Sequence[int],
    curve: Sequence[Sequence[Measured]],
    short: Sequence[int],
    trained: Mapping[str, Sequence[Measured]],
    models: Mapping[str, Model],
    seed: int,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make the curve (columns as ``CURVE``) and what each model is worth (as ``WORTH``).

    Both are empty where no user has an AUC, as each has played every test song: then nothing is measured.

    Parameters
    ----------
    plays, curve, short
        Numbers of plays, ascending; for each, what was measured by draw, and how many songs have fewer.
    trained, models
        What was measured of each model, by seed; and what is shown of it.
    seed
        Draws draws of plays and trainings, in each sample.
    """
    if all(np.isnan(one.means[0]) for one in curve[0]):
        return pl.DataFrame(schema=CURVE), pl.DataFrame(schema=WORTH)
    rng = np.random.default_rng(seed)
    of_curve = np.stack([drawn_means(measured, rng) for measured in curve])
    of_models = {model: drawn_means(measured, rng) for model, measured in trained.items()}
    points, rows = [], []
    for place, measure in enumerate(MEASURES):
        values = np.array([np.mean([one.means[place] for one in measured]) for measured in curve])
        for number_of_plays, value, samples, fewer in zip(plays, values, of_curve[..., place], short, strict=True):
            low, high = interval(samples)
            point = {"measure": measure.key, "plays": number_of_plays, "value": value, "low": low, "high": high}
            points.append(point | {"short": fewer})
        for model, measured in trained.items():
            value = float(np.mean([one.means[place] for one in measured]))
            pairs = zip(of_curve[..., place].T, of_models[model][:, place], strict=True)
            low, high = interval(np.array([plays_worth(plays, *pair) for pair in pairs if np.isfinite(pair[1])]))
            row = {"measure": measure.key, "model": model, "kind": models[model].kind, "seeds": len(measured)}
            rows.append(row | {"value": value, "plays": plays_worth(plays, values, value), "low": low, "high": high})
    return pl.DataFrame(points, schema=CURVE), pl.DataFrame(rows, schema=WORTH)


def interval(samples: np.ndarray) -> tuple[float, float]:
    """Find the middle of samples, which may be infinite."""
    known = samples[~np.isnan(samples)]
    if not len(known):
        return math.nan, math.nan
    low, high = np.quantile(known, [LEVEL / 2, 1 - LEVEL / 2], method="inverted_cdf").tolist()
    return low, high


def short_songs(confidences: sparse.csr_matrix, first: np.ndarray, plays: Sequence[int]) -> list[int]:
    """Count, for each number of plays, the songs with fewer by one of the halves."""
    halves = [np.bincount(confidences[half].indices, minlength=confidences.shape[1]) for half in (first, ~first)]
    fewest = np.minimum(*halves)
    return [int((fewest < most).sum()) for most in plays]
