"""What is said of how many plays a model is worth: the table for people, its notes and a sentence."""

import math
from collections.abc import Mapping, Sequence

import polars as pl

from coldwave.evaluation.differences import LEVEL
from coldwave.evaluation.models import Model
from coldwave.evaluation.table_of_measures import AUC, COMPARED
from coldwave.exhibits.markdown import number


def in_words(plays: float, measured: Sequence[int]) -> str:
    """Write a number of plays, or that it is beyond those measured."""
    if not math.isfinite(plays):
        return "–" if math.isnan(plays) else f"more than {measured[-1]}" if plays > 0 else f"fewer than {measured[0]}"
    return f"{plays:.0f}" if plays >= 9.95 else f"{plays:.1f}"


def interval_in_words(row: Mapping, measured: Sequence[int]) -> str:
    """Write the interval of a row of the table."""
    low, high = in_words(row["low"], measured), in_words(row["high"], measured)
    return low if low == high else f"{low} to {high}"


def columns(table: pl.DataFrame, measured: Sequence[int], cutoff: int) -> dict[str, list[str]]:
    """Make the table for people: a row for each model, best AUC first."""
    order = table.filter(measure=AUC.key).sort("value", descending=True, nulls_last=True, maintain_order=True)
    cells = {"model": order["model"].to_list(), "kind": order["kind"].to_list()}
    for measure in COMPARED:
        rows = {row["model"]: row for row in table.filter(measure=measure.key).iter_rows(named=True)}
        each = [rows[model] for model in order["model"]]
        cells[measure.title_at(cutoff)] = [number(row["value"]) for row in each]
        cells[f"plays by {measure.name}"] = [in_words(row["plays"], measured) for row in each]
        cells[f"interval by {measure.name}"] = [interval_in_words(row, measured) for row in each]
    return cells


def statement(table: pl.DataFrame, models: Mapping[str, Model], measured: Sequence[int]) -> str:
    """Say what the best audio model is worth; empty if there is none."""
    heard = table.filter(
        pl.col("measure") == AUC.key, pl.col("model").is_in([name for name in models if models[name].hears])
    )
    if heard.is_empty():
        return ""
    best = heard.sort("value", descending=True).row(0, named=True)
    if best["low"] <= measured[0] and best["high"] == math.inf:
        return (
            f"What hearing a song is worth cannot be told here: the interval of {best['model']} goes from "
            f"{measured[0]:,} to more than {measured[-1]:,} plays."
        )
    return (
        f"By AUC, audio is worth {in_words(best['plays'], measured)} plays of a song ({100 * (1 - LEVEL):g} % interval "
        f"{interval_in_words(best, measured)}): {best['model']} ranks songs that nobody has played as well as the "
        "factorisation ranks songs with that many plays."
    )


def notes(curve: pl.DataFrame, draws: int, samples: int, seeds: int) -> list[str]:
    """Say how to read the table: one or two sentences for each note."""
    points = curve.filter(measure=AUC.key)
    if points.is_empty():
        return ["Nothing could be measured: every user with a test play has played every test song."]
    short = [f"{fewer:,} at {plays}" for plays, fewer in points.select("plays", "short").rows() if fewer]
    values = ", ".join(f"{value:.3f} with {plays}" for plays, value in points.select("plays", "value").rows())
    drawn = f"users, test songs{', trainings' if seeds > 1 else ''} and draws of plays"
    lines = [
        "Plays: how many of a song's plays the factorisation needs to rank test songs as well as the model, which "
        f"knows none. Songs are folded in from plays drawn at random among one half of the users (mean of {draws:,} "
        "draws) and ranked for the other half, both ways. Between the measured numbers, the curve is a line over "
        "log(1 + plays).",
        f"The curve's AUC: {values}. Each song gives the same number of plays, if it has as many, so popularity does "
        "not help.",
        f"Intervals: the middle {100 * (1 - LEVEL):g} % of {samples:,} samples of {drawn}, with replacement.",
    ]
    if short:
        lines.append(f"Test songs with fewer plays give all they have: {', '.join(short)} plays.")
    return lines
