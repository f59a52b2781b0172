"""What the comparison of models says to people: sentences, the table, and notes on how to read it."""

import itertools
from collections.abc import Mapping

from coldwave.evaluation.differences import LEVEL, Comparison
from coldwave.exhibits.markdown import number


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


def notes(comparison: Comparison) -> list[str]:
    """Say how to read the table: one or two sentences for each note."""
    lines = [
        "A > B: two adjacent models differ. A ≈ B: no difference was found, which does not show that there is none. "
        "Models that share a letter in the column of groups do not differ; compare letters within one measure only.",
        f"Intervals of {100 * (1 - LEVEL):g} % are about other users and other songs like these. All users share the "
        "test songs, so that these matter most. Drawn: what the interval counts as a sample; of songs, where the split "
        "keeps artists in one part, these are artists with all their songs.",
        "What was learnt is held fixed: other training songs and other user factors are not drawn, and nothing is said "
        "of another data set.",
        f"A pair differs if p is below {LEVEL:g}, with Holm's correction over all pairs of the measure. Lead: the "
        "difference to the next model, with its interval, which is not corrected; d: its size in standard deviations "
        "of users' differences (Cohen's d_z).",
        "± is the standard deviation of the mean over seeds. Where there are several, trainings are drawn as well: "
        "intervals hold for another training of each model.",
    ]
    if comparison.intervals["seeds"].max() == 1:
        lines[-1] = "Each model was trained once (repeats: 1): how much trainings vary is unknown and in no interval."
    return lines


def columns(comparison: Comparison) -> dict[str, list[str]]:
    """Make the table for people: a row for each measure and model, with its lead over the next model."""
    cells = {
        name: []
        for name in (
            "measure",
            "model",
            "mean",
            "± seeds",
            "interval",
            "drawn",
            "groups",
            "lead",
            "interval of lead",
            "p",
            "d",
        )
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
                row["sampled"],
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
    return "–" if row["low"] is None else f"{number(row['low'])} to {number(row['high'])}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
