"""Which models differ: paired comparisons of all models over users, with intervals, tests and effect sizes.

A user's value of a measure is the mean over a model's seeds. Users are the sample: intervals and tests say how much the
result depends on which users there are. The spread over seeds says how much it depends on chance in training.

The test is the paired t-test, because means are compared: with hundreds of users a mean is close to normal, whatever
the distribution of users' values. A signed-rank test would ask about the median difference, and most differences of
average precision between two weak models are zero or close to it.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy import stats

from coldwave.errors import InputError
from coldwave.evaluation.recommendation import Trained
from coldwave.evaluation.table_of_measures import Measure
from coldwave.exhibits.markdown import number

LEVEL = 0.05  # of the tests; the intervals cover one minus it
DIFFERENCES = {
    "measure": pl.String,
    "first": pl.String,  # the model with the better mean
    "second": pl.String,
    "users": pl.UInt32,
    "difference": pl.Float64,
    "low": pl.Float64,  # its bootstrap percentile interval
    "high": pl.Float64,
    "t": pl.Float64,  # null if undefined, as is ``effect``
    "p": pl.Float64,
    "p_holm": pl.Float64,  # over all pairs of the measure
    "effect": pl.Float64,  # Cohen's d_z: the mean difference divided by the standard deviation of the differences
    "better": pl.Float64,  # share of users for whom the first is better; ties count one half
    "differs": pl.Boolean,
}
INTERVALS = {
    "measure": pl.String,
    "model": pl.String,
    "kind": pl.String,
    "seeds": pl.UInt32,
    "users": pl.UInt32,
    "mean": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "seed_sd": pl.Float64,  # standard deviation of the mean over seeds, null with one seed
    "letters": pl.String,  # models that share a letter do not differ
}


class Comparison(NamedTuple):
    """All pairs of models (columns as ``DIFFERENCES``), and all models (as ``INTERVALS``), best mean first."""

    differences: pl.DataFrame
    intervals: pl.DataFrame


def compare(
    trained: Sequence[Trained], kinds: Mapping[str, str], measures: Mapping[str, Measure], samples: int, seed: int
) -> Comparison:
    """Compare all models of ``kinds`` (name: kind) by each measure.

    Parameters
    ----------
    trained
        Scores, each of one model and seed, with ``user`` and the measures' columns; all have the same users.
    measures
        The measures by title. A user without a value is left out of that measure.
    samples, seed
        Number of bootstrap samples of users, and the seed that draws them.

    Raises
    ------
    InputError
        A model has no scores, or two models have different users.
    """
    _check(trained, kinds)
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
        drawn = bootstrap_means(values, samples, np.random.default_rng(seed))
        found = _pairs(title, models, values, drawn, measure.higher)
        pairs += found
        letters = letter_groups(
            len(models), [pair for pair, row in zip(_places(models), found, strict=True) if row["differs"]]
        )
        low, high = np.quantile(drawn, [LEVEL / 2, 1 - LEVEL / 2], axis=0)
        for place, model in enumerate(models):
            each = [float(np.nanmean(array)) for array in seeds[model]]
            rows.append(
                {
                    "measure": title,
                    "model": model,
                    "kind": kinds[model],
                    "seeds": len(each),
                    "users": len(values),
                    "mean": means[place],
                    "low": low[place],
                    "high": high[place],
                    "seed_sd": float(np.std(each, ddof=1)) if len(each) > 1 else None,
                    "letters": letters[place],
                }
            )
    return Comparison(pl.DataFrame(pairs, schema=DIFFERENCES), pl.DataFrame(rows, schema=INTERVALS))


def bootstrap_means(values: np.ndarray, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Sample the rows with replacement, the same rows for all columns, and average: float64 [samples, columns].

    A sample is kept as the number of times that each row is in it, so memory does not grow with the number of samples.
    """
    rows = len(values)
    drawn = (np.bincount(rng.integers(0, rows, rows), minlength=rows) for _ in range(samples))
    return np.stack([counts @ values for counts in drawn]) / rows


def holm(p: np.ndarray) -> np.ndarray:
    """Correct p values for multiple tests, after Holm (1979): float64 [tests].

    The smallest is multiplied by the number of tests, the next by one less, and so on. None falls below a smaller one.
    """
    order = np.argsort(p, kind="stable")
    corrected = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    result = np.empty(len(p))
    result[order] = np.minimum(corrected, 1)
    return result


def paired_test(differences: np.ndarray) -> tuple[float | None, float, float | None]:
    """Test paired differences [users] against zero by the t-test: t, p and Cohen's d_z.

    If all differences are the same, t and d_z are None, and p is 1 if they are zero, else 0. With a single user p is 1.
    """
    if len(differences) < 2 or not differences.any():
        return None, 1.0, None
    deviation = differences.std(ddof=1)
    if deviation <= 1e-12 * np.abs(differences).max():
        return None, 0.0, None
    test = stats.ttest_1samp(differences, 0.0)
    return float(test.statistic), float(test.pvalue), float(differences.mean() / deviation)


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


def _check(trained: Sequence[Trained], kinds: Mapping[str, str]) -> None:
    if lacking := sorted(set(kinds) - {one.model for one in trained}):
        raise InputError(f"models in the config without scores: {', '.join(lacking)}")
    for one in trained:
        if not one.scores["user"].equals(trained[0].scores["user"]):
            where = f"scores of {one.model}, seed {one.seed}"
            raise InputError(f"{where}: the users are not those of {trained[0].model}; make the scores again")


def _places(models: Sequence[str]) -> list[tuple[int, int]]:
    return list(itertools.combinations(range(len(models)), 2))


def _pairs(measure: str, models: Sequence[str], values: np.ndarray, drawn: np.ndarray, higher: bool) -> list[dict]:
    rows = []
    for first, second in _places(models):
        differences = values[:, first] - values[:, second]
        low, high = np.quantile(drawn[:, first] - drawn[:, second], [LEVEL / 2, 1 - LEVEL / 2])
        t, p, effect = paired_test(differences)
        better = differences > 0 if higher else differences < 0
        rows.append(
            {
                "measure": measure,
                "first": models[first],
                "second": models[second],
                "users": len(values),
                "difference": differences.mean(),
                "low": low,
                "high": high,
                "t": t,
                "p": p,
                "effect": effect,
                "better": (better.sum() + (differences == 0).sum() / 2) / len(differences),
            }
        )
    corrected = holm(np.array([row["p"] for row in rows]))
    for row, p in zip(rows, corrected.tolist(), strict=True):
        row |= {"p_holm": p, "differs": p < LEVEL}
    return rows


def statement(comparison: Comparison, measure: str) -> str:
    """Say in words which models differ by one measure: the models in order, and the pairs that do not differ."""
    rows = comparison.intervals.filter(measure=measure)
    models = rows["model"].to_list()
    pairs = comparison.differences.filter(measure=measure)
    differs = {(row["first"], row["second"]): row["differs"] for row in pairs.iter_rows(named=True)}
    if len(models) < 2:
        return f"{measure}: one model, nothing to compare."
    chain = models[0]
    for one, other in itertools.pairwise(models):
        chain += f" {'>' if differs[one, other] else '≈'} {other}"
    same = [pair for pair, different in differs.items() if not different]
    text = f"By {measure}: {chain}."
    if not same:
        return f"{text} All {len(differs)} pairs differ."
    far = [pair for pair in same if models.index(pair[1]) - models.index(pair[0]) > 1]
    text += f" {len(differs) - len(same)} of {len(differs)} pairs differ"
    if far and len(far) <= 6:
        text += "; among models that are not adjacent, no difference was found between "
        text += ", ".join(f"{one} and {other}" for one, other in far)
    return f"{text}."


def notes(comparison: Comparison, samples: int) -> list[str]:
    """Say how to read the table: one or two sentences for each note."""
    lines = [
        "A > B: two adjacent models differ. A ≈ B: no difference was found, which does not show that there is none. "
        "Models that share a letter in the column of groups do not differ; compare letters within one measure only.",
        f"Intervals: the middle {100 * (1 - LEVEL):g} % of {samples:,} bootstrap samples of users, the same for all "
        "models.",
        f"A pair differs if p is below {LEVEL:g}: paired t-tests over users, with Holm's correction over all pairs of "
        "the measure. Lead: the difference to the next model, with its interval; d: its size in standard deviations "
        "of users' differences (Cohen's d_z). With many users even a tiny difference is significant: look at its size.",
        "Intervals and tests are over users, not over trainings: they say nothing about another seed. ± is the "
        "standard deviation of the mean over seeds; more users cannot settle a difference smaller than that.",
    ]
    if comparison.intervals["seeds"].max() == 1:
        lines.append("Each model was trained once (repeats: 1), so the variation between trainings is unknown.")
    return lines


def columns(comparison: Comparison) -> dict[str, list[str]]:
    """Make the table for people: a row for each measure and model, with its lead over the next model."""
    cells = {
        name: []
        for name in ("measure", "model", "mean", "± seeds", "interval", "groups", "lead", "interval of lead", "p", "d")
    }
    for measure in comparison.intervals["measure"].unique(maintain_order=True):
        rows = comparison.intervals.filter(measure=measure).to_dicts()
        pairs = {
            (row["first"], row["second"]): row
            for row in comparison.differences.filter(measure=measure).iter_rows(named=True)
        }
        for place, row in enumerate(rows):
            lead = pairs[row["model"], rows[place + 1]["model"]] if place + 1 < len(rows) else None
            values = [
                measure,
                row["model"],
                number(row["mean"]),
                number(row["seed_sd"]),
                _interval(row),
                row["letters"],
                number(lead and lead["difference"]),
                "–" if lead is None else _interval(lead),
                "–" if lead is None else _p(lead["p_holm"]),
                "–" if lead is None or lead["effect"] is None else f"{lead['effect']:.2f}",
            ]
            for cell, value in zip(cells.values(), values, strict=True):
                cell.append(value)
    return cells


def _interval(row: Mapping) -> str:
    return f"{number(row['low'])} to {number(row['high'])}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
