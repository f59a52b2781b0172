"""The report of a run: one self-contained HTML page.

The page holds no time and no path of the machine, so that the same results give the same bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import jinja2
import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.evaluation.differences import LEVEL, Comparison
from coldwave.evaluation.models import CEILING, FLOOR, Model, at_end
from coldwave.evaluation.recommendation import Trained, cutoff_of, notes, shares_heard
from coldwave.evaluation.table_of_measures import AUC, COMPARED, LED_BY_COMPARED
from coldwave.evaluation.where_text import statement
from coldwave.exhibits.files import read_exhibit
from coldwave.exhibits.markdown import number, percent
from coldwave.report import figures
from coldwave.shown import one_line, printable
from coldwave.split.parts import PARTS, UNHEARD

TEMPLATE = Path(__file__).resolve().parents[3] / "workflow" / "report" / "page.html.j2"
FAILURES_SHOWN = 50


class Curve(NamedTuple):
    """The learning curve of one model trained with one seed."""

    model: str
    seed: int
    steps: pl.DataFrame


class Figure(NamedTuple):
    """An SVG element and its caption."""

    svg: str
    caption: str


class CurveAxes(NamedTuple):
    """The columns of one kind of learning curve, and their labels."""

    x: str
    train: str
    held_out: str
    held_out_name: str
    label_x: str
    label_y: str
    logarithmic: bool
    ring: str  # what the step that is marked as best is


CURVES = (
    CurveAxes(
        "epoch",
        "train_loss",
        "validation_loss",
        "validation",
        "epoch",
        "loss",
        False,
        "the epoch whose weights are kept",
    ),
    CurveAxes(
        "strength",
        "train_mse",
        "left_out_mse",
        "left out",
        "strength of regularisation, one for all directions",
        "mean squared error of scores",
        True,
        "the strength that is best for all directions together",
    ),
)


class Data(NamedTuple):
    """The tables that a run starts from, as in the data contracts; ``audio`` is None without an audio model."""

    songs: pl.DataFrame
    users: pl.DataFrame
    plays: pl.DataFrame
    split: pl.DataFrame
    rejected: pl.DataFrame
    audio: pl.DataFrame | None


def render(
    *,
    run: str,
    about: Sequence[str],
    config: str,
    table: pl.DataFrame,
    comparison: Comparison,
    where: pl.DataFrame,
    models: Mapping[str, Model],
    kind_notes: Sequence[str],
    trained: Sequence[Trained],
    curves: Sequence[Curve],
    objective: pl.DataFrame,
    data: Data,
    sections: Mapping[str, Sequence[Path]],
    template: Path = TEMPLATE,
) -> str:
    """Build the page.

    Parameters
    ----------
    run, about, config
        The run's name, sentences about its data and protocol, its configuration as text.
    table
        The table of the recommendation experiment.
    comparison
        What is known of differences between its models.
    where
        Where each model earns its AUC (``coldwave.evaluation.where``).
    models, kind_notes
        What is shown of each model of the table, and how to read the rows of some kinds.
    trained
        Scores by model and seed; the columns ``ap`` and ``auc`` are enough.
    curves
        Learning curves; of a network (``epoch``, ``train_loss``, ``validation_loss``, ``best``) or of ridge
        regression (``strength``, ``train_mse``, ``left_out_mse``, ``best``). Others are not drawn.
    objective
        ``iteration`` and ``objective`` of the matrix factorisation.
    sections
        More exhibits (see ``coldwave.exhibits.files``) under each heading, in order.

    Raises
    ------
    InputError
        The template is missing or not valid, or a file is not an exhibit.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found = finding(table, models, comparison.differences)
    values = {
        "run": run,
        "about": [sentence for sentence in about if sentence],
        "config": config,
        "models": results(table, models),
        "titles": [one.title_at(cutoff_of(table)) for one in LED_BY_COMPARED] + list(shares(table).values()),
        "size": table.row(0, named=True),
        "notes": notes(table, kind_notes),
        "finding": found,
        "where": statement(where, found["model"]) if found else None,
        "result_figures": result_figures(table, models, trained, comparison.intervals),
        "training_figures": training_figures(objective, curves),
        "sections": {heading: [read_exhibit(path, about) for path in paths] for heading, paths in sections.items()},
        "counts": counts(data),
        "parts": parts(data.split, data.plays),
        "rejected": rejected_reasons(data.rejected),
        "audio": [] if data.audio is None else audio_statuses(data.audio),
        "failures": [] if data.audio is None else audio_failures(data.audio, data.songs),
    }
    try:
        return environment.get_template(template.name).render(values)
    except jinja2.TemplateError as error:
        raise InputError(f"{template}: not a valid template ({error})") from error


def divide(exhibits: Sequence[Path], sizes: Mapping[str, int]) -> dict[str, list[Path]]:
    """Put exhibits under headings, in order; ``sizes`` says how many belong under each heading."""
    left = iter(exhibits)
    return {heading: [next(left) for _ in range(size)] for heading, size in sizes.items()}


def results(table: pl.DataFrame, models: Mapping[str, Model]) -> list[dict]:
    """Prepare the rows of the results table for the page."""
    measures = [one.column_at(cutoff_of(table)) for one in LED_BY_COMPARED]
    return [
        {
            "name": row["model"],
            "kind": row["kind"],
            "reference": not models[row["model"]].hears,
            "what": models[row["model"]].what,
            "seeds": row["seeds"],
            "missing": row["missing"],
            "measures": [(number(row[name]), number(row[f"{name}_sd"])) for name in measures],
            "deviations": row["seeds"] > 1,
            "shares": [_share(row[column]) for column in shares(table)],
        }
        for row in table.iter_rows(named=True)
    ]


def shares(table: pl.DataFrame) -> dict[str, str]:
    """Map the table's columns of shares, of the gap closed and of what can be heard, to their headings."""
    heard = [one for one in COMPARED if one in shares_heard(table)]
    return {one.gap_column: one.gap_title for one in COMPARED} | {one.heard_column: one.heard_title for one in heard}


def _share(share: float | None) -> dict:
    return {"text": percent(share), "width": f"{100 * min(1, max(0, share or 0)):.1f}%"}


def finding(table: pl.DataFrame, models: Mapping[str, Model], differences: pl.DataFrame) -> dict | None:
    """Find the audio model that is best by the first measure, and those that do not differ from it; None without any.

    ``differences`` : ``measure``, ``first``, ``second``, ``differs``
    """
    first = COMPARED[0]
    column = first.column_at(cutoff_of(table))
    hearing = table.filter(_of(model for model in models if models[model].hears), pl.col(column).is_not_null())
    if hearing.is_empty():
        return None
    best = hearing.sort(column, descending=first.higher, maintain_order=True).row(0, named=True)
    chance = table.filter(_of(at_end(models, FLOOR)))[column].mean()
    ceiling = table.filter(_of(at_end(models, CEILING)))[column].mean()
    same = differences.filter(pl.col("measure") == first.title_at(cutoff_of(table)), ~pl.col("differs"))
    same = {frozenset(pair) for pair in same.select("first", "second").rows()}
    return {
        "model": best["model"],
        "equals": [name for name in hearing["model"] if frozenset((name, best["model"])) in same],
        "others": len(hearing) - 1,
        "measure": first.title_at(cutoff_of(table)),
        "value": f"{best[column]:.3f}",
        "chance": None if chance is None else f"{chance:.3f}",
        "ceiling": None if ceiling is None else f"{ceiling:.3f}",
        "share": None if best[first.gap_column] is None else percent(best[first.gap_column]),
    }


def _of(models: Iterable[str]) -> pl.Expr:
    return pl.col("model").is_in(list(models))


def result_figures(
    table: pl.DataFrame, models: Mapping[str, Model], trained: Sequence[Trained], intervals: pl.DataFrame
) -> list[Figure]:
    """Draw AUC and mAP by model and seed with intervals, and how AUC is spread over users."""
    names = table["model"].to_list()
    heard = [name for name in names if models[name].hears]
    scores = {name: [one.scores for one in trained if one.model == name] for name in names}
    scores = {model: frames for model, frames in scores.items() if frames}
    drawn = []
    for measure in COMPARED:
        label, reference = measure.title_at(cutoff_of(table)), measure.chance
        means = {model: [frame[measure.score].mean() for frame in frames] for model, frames in scores.items()}
        means = {model: values for model, values in means.items() if None not in values}
        if means:
            alt = f"{label} by model: " + ", ".join(f"{model} {np.mean(values):.3f}" for model, values in means.items())
            several = any(len(values) > 1 for values in means.values())
            caption = f"{label} by model" + (": the mean over seeds (large) and each seed (small)." if several else ".")
            caption += " The dashed line is chance." if reference else ""
            known = intervals.filter(measure=label).drop_nulls(["low", "high"]).select("model", "low", "high")
            ranges = {model: (low, high) for model, low, high in known.rows() if model in means}
            caption += (
                f" Lines are {100 * (1 - LEVEL):g} % intervals, over other users and other songs." if ranges else ""
            )
            drawn.append(Figure(figures.model_dots(means, heard, label, reference, alt, ranges), caption))
    users = {
        model: np.concatenate([frame["auc"].drop_nulls().to_numpy() for frame in frames])
        for model, frames in scores.items()
    }
    if any(len(sample) for sample in users.values()):
        alt = f"Median {AUC.title} of a user: " + ", ".join(
            f"{model} {np.median(sample):.3f}" for model, sample in users.items() if len(sample)
        )
        svg = figures.user_distributions(users, heard, f"{AUC.title} of a user", alt)
        drawn.append(
            Figure(svg, f"How {AUC.title} is spread over users; the tick is the median, the dashed line chance.")
        )
    return drawn


def training_figures(objective: pl.DataFrame, curves: Sequence[Curve]) -> list[Figure]:
    """Draw the factorisation's objective by iteration, and a learning curve for each model that has one."""
    drawn = []
    if len(objective):
        x, y = objective["iteration"].to_list(), objective["objective"].to_list()
        alt = f"Objective from {y[0]:.4g} at iteration {x[0]} to {y[-1]:.4g} at iteration {x[-1]}"
        svg = figures.lines({"objective": [(x, y)]}, [], "iteration", "objective", alt)
        drawn.append(Figure(svg, "Matrix factorisation: its objective after each iteration."))
    for model in dict.fromkeys(curve.model for curve in curves):
        steps = [curve.steps for curve in curves if curve.model == model]
        for axes in CURVES:
            if {axes.x, axes.train, axes.held_out, "best"} <= set(steps[0].columns):
                drawn.append(_learning_curve(model, steps, axes))
    return drawn


def _learning_curve(model: str, steps: Sequence[pl.DataFrame], axes: CurveAxes) -> Figure:
    """Draw the loss on songs learnt from and on others, a line for each seed, and a ring at the step marked as best."""
    series = {
        name: [(step[axes.x].to_list(), step[column].to_list()) for step in steps]
        for name, column in (("training", axes.train), (axes.held_out_name, axes.held_out))
    }
    best = [(row[axes.x], row[axes.held_out]) for step in steps for row in step.filter("best").iter_rows(named=True)]
    rings = ", ".join(f"{y:.4g} at {axes.label_x} {x:g}" for x, y in best)
    alt = f"{model}: {axes.label_y} on training and {axes.held_out_name} songs; {axes.ring}: {rings or 'none'}"
    svg = figures.lines(series, best, axes.label_x, axes.label_y, alt, logarithmic=axes.logarithmic)
    seeds = f" ({len(steps)} seeds)" if len(steps) > 1 else ""
    return Figure(
        svg,
        f"{model}{seeds}: {axes.label_y} by {axes.label_x}. The ring is {axes.ring}.",
    )


def counts(data: Data) -> list[tuple[str, int]]:
    """Count songs, users, plays and pairs: name and number."""
    return [
        ("songs", len(data.songs)),
        ("users", len(data.users)),
        ("plays", int(data.plays["count"].sum())),
        ("user–song pairs", len(data.plays)),
    ]


def parts(split: pl.DataFrame, plays: pl.DataFrame) -> list[dict]:
    """Count the songs, user–song pairs and plays of each part of the split."""
    played = plays.group_by("song").agg(pl.len().alias("pairs"), pl.col("count").sum().alias("plays"))
    joined = split.join(played, on="song", how="left").group_by("part")
    joined = joined.agg(pl.len().alias("songs"), pl.col("pairs").sum(), pl.col("plays").sum())
    rows = {row["part"]: row for row in joined.iter_rows(named=True)}
    empty = {"songs": 0, "pairs": 0, "plays": 0}
    shown = [*PARTS, UNHEARD] if UNHEARD in rows else PARTS
    return [rows.get(part, {"part": part, **empty}) for part in shown]


def rejected_reasons(rejected: pl.DataFrame) -> list[dict]:
    """Count the input lines that were set aside, by source and reason, most first."""
    lines = rejected.group_by("source", "reason").agg(pl.len().alias("lines"))
    return lines.sort(["lines", "source", "reason"], descending=[True, False, False]).to_dicts()


def audio_statuses(audio: pl.DataFrame) -> list[dict]:
    """Count the songs of each status, most first."""
    songs = audio.group_by("status").agg(pl.len().alias("songs"))
    return songs.sort(["songs", "status"], descending=[True, False]).to_dicts()


def audio_failures(audio: pl.DataFrame, songs: pl.DataFrame) -> list[dict]:
    """List the first songs without usable audio, and why."""
    failed = audio.filter(pl.col("status") != "ok").sort("song").head(FAILURES_SHOWN)
    named = failed.join(
        songs.select("song", "song_id", "title", "artist"), on="song", how="left", maintain_order="left"
    )
    rows = named.select("song_id", "title", "artist", "status", "detail").iter_rows(named=True)
    return [{name: text and one_line(text) for name, text in row.items()} for row in rows]


def _shown(value: object) -> object:
    """Make text printable before the template inserts it; markup already is."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
