"""Count how often 95 % intervals cover the truth, in simulated worlds of users, songs and two models.

Users play songs by their taste, a song's popularity and a user's activity. A model knows songs' traits with errors, in
part the same for both models. The truth is the mean over many worlds of the same size.

Run it with ``python benchmarks/coverage_of_intervals.py --worlds 300``; it takes about ten minutes on one thread.
"""

import argparse
from collections.abc import Mapping

import numpy as np
import polars as pl
from scipy import stats

from coldwave.evaluation.differences import LEVEL, compare
from coldwave.evaluation.ranking import rank_songs
from coldwave.evaluation.recommendation import Trained
from coldwave.evaluation.resampling import leave_songs_out, resampled_measures
from coldwave.evaluation.table_of_measures import COMPARED

SIZES = ((2000, 120), (500, 60), (200, 40))  # users and test songs; the first are about the demo's
TRAITS, CUTOFF, SAMPLES = 5, 500, 400
FIRST, SECOND = "less noise", "more noise"
METHODS = ("users alone", "draws of users and songs", "coldwave")


def make_world(rng: np.random.Generator, users: int, songs: int) -> tuple[tuple, dict[str, np.ndarray]]:
    """Draw user vectors, starts and relevant songs; and the song vectors of two models."""
    tastes, traits = rng.normal(size=(users, TRAITS)), rng.normal(size=(songs, TRAITS))
    popularity, activity = rng.normal(-3.2, 0.8, songs), rng.normal(0, 0.7, (users, 1))
    logits = 0.8 * tastes @ traits.T + popularity + activity
    played = rng.random((users, songs)) < 1 / (1 + np.exp(-logits))
    shared, one, other = rng.normal(size=(3, songs, TRAITS))
    models = {FIRST: traits + shared + 0.5 * one, SECOND: traits + shared + 0.7 * other}
    starts = np.concatenate([[0], np.cumsum(played.sum(axis=1))])
    return (tastes, starts, np.nonzero(played)[1]), models


def values_of(world: tuple, vectors: np.ndarray) -> np.ndarray:
    """Measure AUC and AP of users with a relevant song: float64 [users, 2]."""
    tastes, starts, relevant = world
    found = rank_songs(tastes, vectors, starts, relevant, CUTOFF)
    return np.stack([found.auc, found.ap], axis=1)[np.diff(starts) > 0]


def means_of(values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Average the first model, the second, and their difference: float64 [3, 2]."""
    first, second = (np.nanmean(values[model], axis=0) for model in (FIRST, SECOND))
    return np.stack([first, second, first - second])


def intervals(world: tuple, models: Mapping[str, np.ndarray], seed: int) -> np.ndarray:
    """Make intervals by each method: float64 [methods, 3, measures, 2]."""
    tastes, starts, relevant = world
    values = {model: values_of(world, vectors) for model, vectors in models.items()}
    three = [values[FIRST], values[SECOND], values[FIRST] - values[SECOND]]
    half = stats.norm.ppf(1 - LEVEL / 2)
    errors = [np.nanstd(each, axis=0) / np.sqrt(np.isfinite(each).sum(axis=0)) for each in three]
    drawn = [resampled_measures(tastes, models[one], starts, relevant, CUTOFF, SAMPLES, seed).samples
             for one in models]  # fmt: skip
    drawn = [*drawn, drawn[0] - drawn[1]]
    around = [[errors, [each.std(axis=0) for each in drawn]][method] for method in (0, 1)]
    means = means_of(values)
    found = [np.stack([means - half * error, means + half * error], axis=2) for error in map(np.array, around)]

    trained = [Trained(model, 1, pl.DataFrame(each, schema=["auc", "ap"]).with_row_index("user"))
               for model, each in values.items()]  # fmt: skip
    left = {(model, 1): leave_songs_out(tastes, vectors, starts, relevant, CUTOFF, seed)
            for model, vectors in models.items()}  # fmt: skip
    compared = compare(trained, left, dict.fromkeys(models, "simulated"), {one.key: one for one in COMPARED})
    ours = np.empty((3, len(COMPARED), 2))
    for place, measure in enumerate(COMPARED):
        for row, model in enumerate(models):
            ours[row, place] = compared.intervals.filter(measure=measure.key, model=model).select("low", "high").row(0)
        pair = compared.differences.filter(measure=measure.key).row(0, named=True)
        ours[2, place] = (pair["low"], pair["high"]) if pair["first"] == FIRST else (-pair["high"], -pair["low"])
    return np.stack([*found, ours])


def covered(users: int, songs: int, worlds: int, truths: int) -> np.ndarray:
    """Count the shares of worlds whose intervals cover the truth: float64 [methods, 3, measures]."""
    rng = np.random.default_rng([users, songs])
    truth = np.zeros((3, len(COMPARED)))
    for _ in range(truths):
        world, models = make_world(rng, users, songs)
        truth += means_of({model: values_of(world, vectors) for model, vectors in models.items()}) / truths
    hits = np.zeros((len(METHODS), 3, len(COMPARED)))
    for seed in range(worlds):
        found = intervals(*make_world(rng, users, songs), seed)
        hits += (found[..., 0] <= truth) & (truth <= found[..., 1])
    return hits / worlds


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=300)
    parser.add_argument("--truths", type=int, default=3000)
    given = parser.parse_args()
    print("users × songs, method: AUC of a model, of the other, of the difference; mAP of the same")
    for users, songs in SIZES:
        shares = covered(users, songs, given.worlds, given.truths)
        for method, share in zip(METHODS, shares, strict=True):
            print(
                f"{users:,} × {songs}, {method}: " + ", ".join(f"{100 * one:.1f} %" for one in share.T.ravel()),
                flush=True,
            )
