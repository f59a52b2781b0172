"""The table of the recommendation experiment: one row for each model, averaged over users and then over seeds.

It has the measures of the paper's tables 2 and 3, and the share of the way from random scores to the factors of the
songs' own plays. In the demo world, it also has the share of the way to a model that is told what can be heard.
"""

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from coldwave.errors import InputError
from coldwave.evaluation.models import CEILING, EAR, FLOOR, Model, at_end, in_order
from coldwave.evaluation.table_of_measures import GAP_NOTE, HEARD_NOTE, MAP, RESULTS, Measure, gaps
from coldwave.exhibits.markdown import number, percent, pipe_table

FEW = 30  # users or songs: with fewer, a mean of them is hardly worth reading


class Trained(NamedTuple):
    """The scores of one model trained with one seed, with columns as in ``coldwave.evaluation.scores.SCORES``."""

    model: str
    seed: int
    scores: pl.DataFrame


def model_and_seed(path: Path) -> tuple[str, int]:
    """Read the model and the seed from a path that ends in ``<model>/<seed>.parquet``.

    Raises
    ------
    InputError
        The file's name is not a number.
    """
    if not path.stem.isdecimal():
        raise InputError(f"{path}: not named <model>/<seed>.parquet")
    return path.parent.name, int(path.stem)


def schema(cutoff: int, with_ear: bool = False) -> dict[str, type[pl.DataType]]:
    """Columns of the table, in order; ``with_ear`` says whether a model is the perfect ear.

    A ``_sd`` is the standard deviation over seeds, null with one seed.
    """
    measures = [one.column_at(cutoff) for one in RESULTS]
    return {
        "model": pl.String,
        "kind": pl.String,
        "seeds": pl.UInt32,
        **{column: pl.Float64 for measure in measures for column in (measure, f"{measure}_sd")},
        **{one.gap_column: pl.Float64 for one in gaps()},
        **{one.heard_column: pl.Float64 for one in gaps() if with_ear},
        "users": pl.UInt32,
        "users_without_test_plays": pl.UInt32,
        "users_without_auc": pl.UInt32,
        "songs": pl.UInt32,
        "missing": pl.UInt32,
    }


def cutoff_of(table: pl.DataFrame) -> int:
    """Read the length of the ranking that a table's mAP looks at from the name of its column."""
    return next(int(name[4:]) for name in table.columns if name.startswith("map_") and name[4:].isdecimal())


def shares_heard(table: pl.DataFrame) -> list[Measure]:
    """List the measures of which a table has the share of what can be heard."""
    return [one for one in gaps() if one.heard_column in table.columns]


def mean_of_known(values: Iterable[float | None]) -> float | None:
    """Average the values that are not None: one model or several at an end of a gap. None without one."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def gap_closed(value: float, floor: float | None, ceiling: float | None) -> float | None:
    """Share of the way from ``floor`` (random scores) to ``ceiling`` (the upper bound); None without both ends."""
    if floor is None or ceiling is None or floor == ceiling:
        return None
    return (value - floor) / (ceiling - floor)


def recommendation_table(
    trained: Sequence[Trained], models: Mapping[str, Model], all_users: int, cutoff: int
) -> pl.DataFrame:
    """Make one row for each of ``models``, from the floor to the upper bound, with columns as ``schema``.

    Every user with a test play counts in the mean of AP, with or without hits; ``all_users`` includes the users
    without. A mean is over users first, then over seeds.

    Raises
    ------
    InputError
        A model has no scores, scores belong to no model, or two files have different users or songs.
    """
    _check(trained, models, all_users)
    measures = {one.column_at(cutoff): one.score for one in RESULTS}
    one_seed = pl.DataFrame(
        [
            {"model": model, "seed": seed, **{name: scores[column].mean() for name, column in measures.items()}}
            for model, seed, scores in sorted(trained, key=lambda one: (one.model, one.seed))
        ],
        schema={"model": pl.String, "seed": pl.UInt32, **dict.fromkeys(measures, pl.Float64)},
    )
    means = one_seed.group_by("model", maintain_order=True).agg(
        pl.len().alias("seeds"),
        *(pl.col(name).mean() for name in measures),
        *(pl.col(name).std().alias(f"{name}_sd") for name in measures),
    )
    rows, with_ear = {row["model"]: row for row in means.iter_rows(named=True)}, bool(at_end(models, EAR))

    for model, row in rows.items():
        frames = [one.scores for one in trained if one.model == model]
        row["kind"] = models[model].kind
        row |= {one.gap_column: _share(rows, models, model, one.column_at(cutoff), CEILING) for one in gaps()}
        row |= {one.heard_column: _share(rows, models, model, one.column_at(cutoff), EAR) for one in gaps() if with_ear}
        row["users"] = len(frames[0])
        row["users_without_test_plays"] = all_users - len(frames[0])
        row["users_without_auc"] = frames[0]["auc"].null_count()
        row["songs"] = frames[0]["songs"][0]
        row["missing"] = max(frame["missing"][0] for frame in frames)
    return pl.DataFrame([rows[model] for model in in_order(models)], schema=schema(cutoff, with_ear))


def _share(
    rows: Mapping[str, Mapping], models: Mapping[str, Model], model: str, measure: str, upper: str
) -> float | None:
    """Compute the share of the way from the floor to an upper end; an end of several models is their mean.

    What can be heard is a measure of models that hear, and of those that stand at its ends.
    """
    places = {models[name].place for end in (FLOOR, EAR) for name in at_end(models, end)}
    if rows[model][measure] is None or (upper == EAR and not models[model].hears and models[model].place not in places):
        return None
    ends = [mean_of_known(rows[name][measure] for name in at_end(models, end)) for end in (FLOOR, upper)]
    return gap_closed(rows[model][measure], *ends)


def _check(trained: Sequence[Trained], models: Mapping[str, Model], all_users: int) -> None:
    names = [one.model for one in trained]
    if unknown := sorted(set(names) - set(models)):
        raise InputError(f"scores of models that are not in the config: {', '.join(unknown)}")
    if lacking := [model for model in models if model not in names]:
        raise InputError(f"models in the config without scores: {', '.join(lacking)}")
    if len(set((one.model, one.seed) for one in trained)) < len(trained):
        raise InputError("two score files have the same model and seed")
    first = trained[0]
    for one in trained:
        where = f"scores of {one.model}, seed {one.seed}"
        if len(one.scores) == 0:
            raise InputError(f"{where}: they have no user")
        if len(one.scores) > all_users:
            raise InputError(f"{where}: they have {len(one.scores)} users, but the run has {all_users}")
        same = ["user", "relevant", "songs"]
        if not one.scores.select(same).equals(first.scores.select(same)):
            raise InputError(
                f"{where}: users or test songs are not those of {first.model}, seed {first.seed}; make the scores again"
            )


def as_markdown(table: pl.DataFrame, caption: Sequence[str], kind_notes: Sequence[str] = ()) -> str:
    """Write the table for people: caption lines, a pipe table that lines up in a terminal, and notes on how to read
    it."""
    first = table.row(0, named=True)
    size = f"{first['users']:,} users × {first['songs']:,} test songs."
    if first["users_without_test_plays"]:
        size += f" {first['users_without_test_plays']:,} more users have played no test song and are in no mean."
    lines = [*(line for line in caption if line), size, "", *pipe_table(columns(table), left=2), ""]
    said = notes(table, kind_notes)
    lines += [textwrap.fill(note, 110, initial_indent="- ", subsequent_indent="  ") for note in said]
    return "\n".join(lines) + "\n"


def columns(table: pl.DataFrame) -> dict[str, list[str]]:
    """Make the cells of the table for people, by their headings; the first two columns are text."""
    cutoff = cutoff_of(table)
    return {
        "model": table["model"].to_list(),
        "kind": table["kind"].to_list(),
        "seeds": [str(seeds) for seeds in table["seeds"]],
        **{one.title_at(cutoff): measured(table, one.column_at(cutoff), number) for one in RESULTS},
        **{one.gap_title: [percent(share) for share in table[one.gap_column]] for one in gaps()},
        **{one.heard_title: [percent(share) for share in table[one.heard_column]] for one in shares_heard(table)},
        "missing": [f"{missing:,}" for missing in table["missing"]],
    }


def notes(table: pl.DataFrame, kind_notes: Sequence[str] = ()) -> list[str]:
    """Say how to read the table: one or two sentences for each note; ``kind_notes`` are those of the kinds in it."""
    cutoff, first = cutoff_of(table), table.row(0, named=True)
    lines = [
        *dict.fromkeys(one.note_at(cutoff) for one in RESULTS),
        GAP_NOTE,
        *([HEARD_NOTE] if shares_heard(table) else []),
        "Missing: test songs without a prediction. They rank last, and stay in every mean.",
        *kind_notes,
    ]
    if first["songs"] <= cutoff:
        lines.append(f"With {first['songs']:,} test songs, {MAP.title_at(cutoff)} looks at the whole ranking.")
    if first["users_without_auc"] == first["users"]:
        lines.append("Every user with a test play has played every test song. So no model can be told from another.")
    elif first["users_without_auc"]:
        lines.append(f"{first['users_without_auc']:,} users have played every test song: they have an AP, but no AUC.")
    if small := [f"{number:,} {what}" for what in ("users", "songs") if (number := first[what]) < FEW]:
        lines.append(
            f"Few: {' and '.join(small)} tell little. Other users and songs may well put the models in another order."
        )
    if table["seeds"].max() > 1:
        lines.append("±: standard deviation over seeds.")
    return lines


def measured(table: pl.DataFrame, name: str, shown: Callable[[float | None], str]) -> list[str]:
    """Format means, with their standard deviation (the column ``<name>_sd``) if there is one."""
    pairs = zip(table[name], table[f"{name}_sd"], strict=True)
    return [shown(mean) + ("" if deviation is None else f" ± {shown(deviation)}") for mean, deviation in pairs]
