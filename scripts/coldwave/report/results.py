"""What the report says of a run's models: the table of results, the finding and their figures."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from coldwave.evaluation.differences import LEVEL
from coldwave.evaluation.models import CEILING, FLOOR, Model, at_end
from coldwave.evaluation.recommendation import Trained, cutoff_of, shares_heard
from coldwave.evaluation.table_of_measures import AUC, COMPARED, LED_BY_COMPARED
from coldwave.exhibits.markdown import number, percent
from coldwave.report import figures
from coldwave.report.figures import Figure

ABOVE, BELOW, LEVEL_WITH = "above", "below", "level"  # where a model is, by the intervals, from an end of the scale


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
    rows = differences.filter(measure=first.title_at(cutoff_of(table))).select("first", "second", "differs").rows()
    differs = {frozenset(pair): apart for *pair, apart in rows}
    differs = {name: differs.get(frozenset((name, best["model"]))) for name in table["model"]}
    (chance, from_chance), (ceiling, from_ceiling) = (
        _end(table.filter(_of(at_end(models, end)), pl.col(column).is_not_null()), best, column, differs)
        for end in (FLOOR, CEILING)
    )
    return {
        "model": best["model"],
        "equals": [name for name in hearing["model"] if differs[name] is False],
        "apart": sum(differs[name] is True for name in hearing["model"]),
        "others": len(hearing) - 1,
        "measure": first.title_at(cutoff_of(table)),
        "value": f"{best[column]:.3f}",
        "chance": chance,
        "from_chance": from_chance,
        "ceiling": ceiling,
        "from_ceiling": from_ceiling,
        "share": None if best[first.gap_column] is None else percent(best[first.gap_column]),
    }


def _end(ends: pl.DataFrame, best: dict, column: str, differs: Mapping[str, bool | None]) -> tuple:
    """Give the mean of an end of the scale, and on which side of its models the best one is; None if unknown."""
    if ends.is_empty():
        return None, None
    apart, values = [differs[name] for name in ends["model"]], ends[column]
    side = None
    if None not in apart:
        above, below = (values < best[column]).all(), (values > best[column]).all()
        side = LEVEL_WITH if not all(apart) else ABOVE if above else BELOW if below else LEVEL_WITH
    return f"{values.mean():.3f}", side


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
