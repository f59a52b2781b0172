"""The table of further measures: how good the first songs of rankings are, and which songs and artists they hold."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from coldwave.errors import InputError
from coldwave.evaluation.lists import coverage, gini
from coldwave.evaluation.models import CEILING, LOG_MELS, Model, at_end, in_order
from coldwave.evaluation.table_of_measures import AT_EACH_LENGTH, AT_FIRST_LENGTH


class Tables(NamedTuple):
    """The scores of one model trained with one seed, by user and by test song (``coldwave.evaluation.scores``)."""

    model: str
    seed: int
    users: pl.DataFrame
    songs: pl.DataFrame


def measures(list_lengths: Sequence[int]) -> dict[str, str]:
    """Map each column of a measure, without deviations, to its heading."""
    shown = [(one, length) for one in AT_EACH_LENGTH for length in list_lengths]
    shown += [(one, list_lengths[0]) for one in AT_FIRST_LENGTH]
    return {one.column_at(length): one.title_at(length) for one, length in shown}


def schema(list_lengths: Sequence[int]) -> dict[str, type[pl.DataType]]:
    """Columns of the table. A ``_sd`` is the standard deviation over seeds, null with one seed."""
    names = [column for name in measures(list_lengths) for column in (name, f"{name}_sd")]
    return {"model": pl.String, "kind": pl.String, "seeds": pl.UInt32, **dict.fromkeys(names, pl.Float64)}


def further_table(tables: Sequence[Tables], models: Mapping[str, Model], list_lengths: Sequence[int]) -> pl.DataFrame:
    """Make one row for each of ``models``, in the order of the results table; columns as ``schema``.

    A mean is over users first (for factors, over test songs with a prediction), then over seeds.

    Raises
    ------
    InputError
        A model has no scores.
    """
    rows = []
    for model in in_order(models):
        each = pl.DataFrame([one_seed(one, list_lengths) for one in tables if one.model == model])
        if each.is_empty():
            raise InputError(f"models in the config without scores: {model}")
        row = {"model": model, "kind": models[model].kind, "seeds": len(each)}
        for name in measures(list_lengths):
            values = each[name].cast(pl.Float64)
            row |= {name: values.mean(), f"{name}_sd": values.std() if len(each) > 1 else None}
        rows.append(row)
    return pl.DataFrame(rows, schema=schema(list_lengths))


def one_seed(one: Tables, list_lengths: Sequence[int]) -> dict[str, float | None]:
    """Compute the measures of one model trained with one seed, by column; None for a measure that the model lacks."""
    listed = one.songs["listed"].to_numpy()
    known = one.songs.drop_nulls("squared_error")
    deviation = known["squared_deviation"].sum()
    whole = {
        "coverage": coverage(listed),
        "gini": gini(listed),
        "r2": 1 - known["squared_error"].sum() / deviation if deviation else None,
        "cosine": known["cosine"].mean(),
    }
    return {name: whole[name] if name in whole else one.users[name].mean() for name in measures(list_lengths)}


def columns(table: pl.DataFrame, list_lengths: Sequence[int]) -> dict[str, list[str]]:
    """Make the table for people: means, with their standard deviation over seeds if there are several."""
    cells = {"model": table["model"].to_list(), "kind": table["kind"].to_list()}
    for name, title in measures(list_lengths).items():
        pairs = zip(table[name], table[f"{name}_sd"], strict=True)
        cells[title] = [
            ("–" if mean is None else f"{mean:.4f}") + ("" if deviation is None else f" ± {deviation:.4f}")
            for mean, deviation in pairs
        ]
    return cells


def notes(table: pl.DataFrame, models: Mapping[str, Model], list_lengths: Sequence[int]) -> list[str]:
    """Say how to read the table: one or two sentences for each note."""
    first = list_lengths[0]
    lines = list(dict.fromkeys(one.note_at(first) for one in (*AT_EACH_LENGTH, *AT_FIRST_LENGTH)))
    if text := artists_note(table, models, first):
        lines.append(text)
    if table["seeds"].max() > 1:
        lines.append("±: standard deviation over seeds.")
    return lines


def artists_note(table: pl.DataFrame, models: Mapping[str, Model], length: int) -> str:
    """Compare the paper's claim about artists with the figures of the run; empty if there is nothing to compare."""
    known = table.drop_nulls("artist_diversity")
    usage = known.filter(pl.col("model").is_in(at_end(models, CEILING)))
    networks = known.filter(pl.col("model").is_in([name for name, model in models.items() if model.hears == LOG_MELS]))
    if usage.is_empty() or networks.is_empty():
        return ""
    factors = usage["artist_diversity"].mean()
    predicted = dict(networks.select("model", "artist_diversity").iter_rows())
    listed = ", ".join(f"{length * value:.2f} by {model}" for model, value in predicted.items())
    agreeing = sum(value > factors for value in predicted.values())
    verdict = "the same here" if agreeing == len(predicted) else "not so here" if agreeing == 0 else "so here for some"
    return (
        "In the paper, factors from usage repeat an artist where a network's vary (its table 4, songs near a song). In "
        f"the users' lists, {length * factors:.2f} of {length} artists are different by usage, and {listed}: "
        f"{verdict}. Only artists with several test songs can be repeated, and random rankings vary too."
    )
