"""Which models differ: comparisons of all pairs of models, with intervals, tests and effect sizes.

A user's value of a measure is the mean over a model's seeds. Both users and test songs are a sample, and so are the
trainings of a model with several seeds. Intervals and tests say how much a result depends on all that was sampled: the
variance of a difference is that over users and songs (``coldwave.evaluation.resampling``), and that of each model's
mean over its seeds, divided by their number.

What was learnt before is held fixed: the user factors, and the training songs. So nothing is said of another world.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy import stats

from coldwave.errors import InputError
from coldwave.evaluation.recommendation import Trained
from coldwave.evaluation.song_covariance import song_covariance
from coldwave.evaluation.table_of_measures import COMPARED, Measure

LEVEL = 0.05  # of the tests; the intervals cover one minus it
DIFFERENCES = {
    "measure": pl.String,
    "first": pl.String,  # the model with the better mean
    "second": pl.String,
    "users": pl.UInt32,
    "difference": pl.Float64,
    "error": pl.Float64,  # its standard error, null with fewer than two test songs, as are the interval and ``t``
    "low": pl.Float64,
    "high": pl.Float64,
    "t": pl.Float64,  # null as well if the difference is the same whatever the users and songs
    "p": pl.Float64,
    "p_holm": pl.Float64,  # over all pairs of the measure
    "effect": pl.Float64,  # Cohen's d_z: the mean difference divided by the standard deviation of users' differences
    "better": pl.Float64,  # share of users for whom the first is better; ties count one half
    "differs": pl.Boolean,
}
INTERVALS = {
    "measure": pl.String,
    "model": pl.String,
    "kind": pl.String,
    "seeds": pl.UInt32,
    "users": pl.UInt32,
    "sampled": pl.String,  # what the interval draws: users, songs, and trainings if there are several
    "mean": pl.Float64,
    "error": pl.Float64,  # standard error, null with fewer than two test songs, as is the interval
    "low": pl.Float64,
    "high": pl.Float64,
    "seed_sd": pl.Float64,  # standard deviation of the mean over seeds, null with one seed
    "letters": pl.String,  # models that share a letter do not differ
}


class Comparison(NamedTuple):
    """All pairs of models (columns as ``DIFFERENCES``), and all models (as ``INTERVALS``), best mean first."""

    differences: pl.DataFrame
    intervals: pl.DataFrame


class Variances(NamedTuple):
    """What a measure's means vary by: covariances of models [models, models], and of each model [models]."""

    songs: np.ndarray
    users: np.ndarray
    pairs: np.ndarray
    trainings: np.ndarray  # of the mean over seeds; 0 with one seed
    seeds: np.ndarray
    groups: int  # of songs

    def error(self, contrast: np.ndarray) -> tuple[float, float]:
        """Give the standard error of a sum of means with weights [models], and its degrees of freedom.

        V(users) + V(songs) - V(pairs) is estimated, and is at least as large as each of the first two. The degrees of
        freedom are those of Welch and Satterthwaite, with one less than the groups of songs, and than each model's
        seeds.
        """
        songs, users, pairs = (contrast @ part @ contrast for part in (self.songs, self.users, self.pairs))
        sampled = np.max([songs + users - pairs, songs, users])
        trainings = np.square(contrast) * self.trainings
        variance = sampled + trainings.sum()
        if not variance > 0:
            return float(variance), np.inf
        shares = np.square(trainings / variance) / np.maximum(self.seeds - 1, 1)
        return float(np.sqrt(variance)), float(1 / (np.square(sampled / variance) / (self.groups - 1) + shares.sum()))


def compare(
    trained: Sequence[Trained],
    without: Mapping[tuple[str, int], np.ndarray],
    kinds: Mapping[str, str],
    measures: Mapping[str, Measure],
) -> Comparison:
    """Compare all models of ``kinds`` (name: kind) by each measure.

    Parameters
    ----------
    trained
        Scores, each of one model and seed, with ``user`` and the measures' columns; all have the same users.
    without
        By model and seed, what is left without groups of songs (``coldwave.evaluation.resampling.leave_songs_out``).
    measures
        The measures by title, which are among ``COMPARED``. A user without a value is left out of that measure.

    Raises
    ------
    InputError
        A model has no scores, or two models have different users or songs.
    """
    _check(trained, without, kinds)
    pairs, rows = [], []
    for title, measure in measures.items():
        seeds = {
            model: [one.scores[measure.score].to_numpy() for one in trained if one.model == model] for model in kinds
        }
        values = np.stack([np.mean(arrays, axis=0, dtype=np.float64) for arrays in seeds.values()], axis=1)
        values = values[np.isfinite(values).all(axis=1)]
        if len(values) == 0:
            continue
        means = values.mean(axis=0)
        order = np.argsort(-means if measure.higher else means, kind="stable")
        models, values, means = [list(kinds)[place] for place in order], values[:, order], means[order]
        each = {model: [float(np.nanmean(array)) for array in seeds[model]] for model in models}
        place = [one.key for one in COMPARED].index(measure.key)
        variances = variances_of(values, [each[model] for model in models], _left(without, models, place))
        found = _pairs(title, models, values, variances, measure.higher)
        pairs += found
        letters = letter_groups(
            len(models), [pair for pair, row in zip(_places(models), found, strict=True) if row["differs"]]
        )
        for place, model in enumerate(models):
            several = len(each[model]) > 1
            rows.append(
                {
                    "measure": title,
                    "model": model,
                    "kind": kinds[model],
                    "seeds": len(each[model]),
                    "users": len(values),
                    "sampled": "users, songs, trainings" if several else "users, songs",
                    "mean": means[place],
                    **interval_of(means[place], *variances.error(np.eye(len(models))[place])),
                    "seed_sd": float(np.std(each[model], ddof=1)) if several else None,
                    "letters": letters[place],
                }
            )
    return Comparison(pl.DataFrame(pairs, schema=DIFFERENCES), pl.DataFrame(rows, schema=INTERVALS))


def _left(without: Mapping[tuple[str, int], np.ndarray], models: Sequence[str], measure: int) -> np.ndarray:
    """Average over seeds what is left of one measure without groups of songs: float64 [groups, 2, models]."""
    seeds = ([array[..., measure] for (name, _), array in without.items() if name == model] for model in models)
    return np.stack([np.mean(arrays, axis=0) for arrays in seeds], axis=2)


def variances_of(values: np.ndarray, each: Sequence[Sequence[float]], left: np.ndarray) -> Variances:
    """Estimate the variances of means from users' values [users, models], means of seeds, and what is left."""
    songs, pairs = song_covariance(left)
    deviations = values - values.mean(axis=0)
    users = deviations.T @ deviations / len(values) / max(len(values) - 1, 1)
    trainings = [np.var(seeds, ddof=1) / len(seeds) if len(seeds) > 1 else 0 for seeds in each]
    return Variances(songs, users, pairs, np.array(trainings), np.array([len(seeds) for seeds in each]), len(left))


def interval_of(mean: float, error: float, freedom: float) -> dict[str, float | None]:
    """Give the standard error and the interval of a mean, as columns."""
    if np.isnan(error):
        return {"error": None, "low": None, "high": None}
    half = error * stats.t.ppf(1 - LEVEL / 2, freedom)
    return {"error": error, "low": mean - half, "high": mean + half}


def holm(p: np.ndarray) -> np.ndarray:
    """Correct p values for multiple tests, after Holm (1979): float64 [tests].

    The smallest is multiplied by the number of tests, the next by one less, and so on. None falls below a smaller one.
    """
    order = np.argsort(p, kind="stable")
    corrected = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    result = np.empty(len(p))
    result[order] = np.minimum(corrected, 1)
    return result


def t_test(difference: float, error: float, freedom: float) -> tuple[float | None, float]:
    """Test a difference against zero: t and p.

    Without an error, t is None, and p is 1 if the difference is zero, else 0. With an unknown one (NaN) p is 1.
    """
    if np.isnan(error):
        return None, 1.0
    if error <= 1e-12 * abs(difference) or error == 0:
        return None, 0.0 if difference else 1.0
    return difference / error, float(2 * stats.t.sf(abs(difference / error), freedom))


def letter_groups(models: int, different: Sequence[tuple[int, int]]) -> list[str]:
    """Give models letters: two share a letter if and only if they do not differ (a compact letter display).

    Each letter is a maximal set of models in which no two differ. Start with one set of all models. Each pair that
    differs splits the sets that hold both, and sets inside others are dropped. Letters follow the order of the models.
    """
    groups = [frozenset(range(models))]
    for one, other in different:
        split = [group - {gone} for group in groups for gone in (one, other) if {one, other} <= group]
        groups = [group for group in groups if not {one, other} <= group] + split
        groups = [group for group in dict.fromkeys(groups) if not any(group < larger for larger in groups)]
    groups.sort(key=sorted)
    return ["".join(_letter(place) for place, group in enumerate(groups) if model in group) for model in range(models)]


def _letter(place: int) -> str:
    """Name the letter at a place: a to z, then a2 and so on."""
    turn, letter = divmod(place, 26)
    return chr(ord("a") + letter) + (str(turn + 1) if turn else "")


def _check(trained: Sequence[Trained], without: Mapping[tuple[str, int], np.ndarray], kinds: Mapping[str, str]) -> None:
    if lacking := sorted(set(kinds) - {one.model for one in trained}):
        raise InputError(f"models in the config without scores: {', '.join(lacking)}")
    for one in trained:
        where = f"scores of {one.model}, seed {one.seed}"
        if not one.scores["user"].equals(trained[0].scores["user"]):
            raise InputError(f"{where}: the users are not those of {trained[0].model}; make the scores again")
        left = without.get((one.model, one.seed))
        if left is None or left.shape != without[trained[0].model, trained[0].seed].shape:
            raise InputError(f"{where}: the test songs are not those of {trained[0].model}; make the scores again")


def _places(models: Sequence[str]) -> list[tuple[int, int]]:
    return list(itertools.combinations(range(len(models)), 2))


def _pairs(measure: str, models: Sequence[str], values: np.ndarray, variances: Variances, higher: bool) -> list[dict]:
    rows, one = [], np.eye(len(models))
    for first, second in _places(models):
        differences = values[:, first] - values[:, second]
        error, freedom = variances.error(one[first] - one[second])
        t, p = t_test(differences.mean(), error, freedom)
        deviation = differences.std(ddof=1) if len(differences) > 1 else 0.0
        better = differences > 0 if higher else differences < 0
        rows.append(
            {
                "measure": measure,
                "first": models[first],
                "second": models[second],
                "users": len(values),
                "difference": differences.mean(),
                **interval_of(differences.mean(), error, freedom),
                "t": t,
                "p": p,
                "effect": differences.mean() / deviation if deviation > 1e-12 else None,
                "better": (better.sum() + (differences == 0).sum() / 2) / len(differences),
            }
        )
    corrected = holm(np.array([row["p"] for row in rows]))
    for row, p in zip(rows, corrected.tolist(), strict=True):
        row |= {"p_holm": p, "differs": p < LEVEL}
    return rows
