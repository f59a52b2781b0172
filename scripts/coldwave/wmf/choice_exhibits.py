"""The grid of the factorisation's settings for people: a table, and a figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import polars as pl
from matplotlib.figure import Figure

from coldwave.evaluation.table_of_measures import AUC, MAP
from coldwave.exhibits.drawing import ACCENT, INK, MUTED, STYLE, WIDTH, as_svg
from coldwave.exhibits.files import write_exhibit_figure, write_exhibit_table
from coldwave.exhibits.markdown import number

_PANEL = 2.1  # inches
_MAXIMISED = {
    "both": "mAP over 1 − AUC, so that a tenth more mAP is worth as much as a tenth fewer pairs in the wrong order",
    "auc": "AUC",
    "map": "mAP",
}


def summary(table: pl.DataFrame, grid: Mapping[str, Sequence[float]], cutoff: int) -> str:
    """Say in a sentence what was chosen, and what it measures."""
    row = table.row(by_predicate=pl.col("chosen"), named=True)
    values = ", ".join(f"{key} {row[key]:g}" for key in grid)
    if row["score"] is None:
        return f"Nothing could be measured, so the first value of each list was taken: {values}."
    measured = (f"{one.title_at(cutoff)} {row[one.column_at(cutoff)]:.3f}" for one in (AUC, MAP))
    return f"Chosen: {values} ({' and '.join(measured)} on held-out plays)."


def write_grid_table(
    path: Path, table: pl.DataFrame, options: Mapping[str, Any], about: Sequence[str], warnings: Sequence[str]
) -> None:
    """Write the table of ``choose``, best first; ``options`` are those of the rule, ``warnings`` come as notes."""
    cutoff, choice, grid, rows = options["cutoff"], options["choice"], options["grid"], ordered(table)
    columns = {key: [f"{value:g}" for value in rows[key]] for key in grid}
    for one in (AUC, MAP):
        name = one.column_at(cutoff)
        columns[one.title_at(cutoff)] = [number(value) for value in rows[name]]
        columns[f"± {one.title_at(cutoff)}"] = [number(value) for value in rows[f"{name}_sd"]]
    columns["draws"] = [str(value) for value in rows["draws"]]
    columns["chosen"] = ["chosen" if value else "" for value in rows["chosen"]]
    title = "Settings of the factorisation, chosen by held-out plays"
    if rows["draws"].max() == 0:
        write_exhibit_table(path, title, [*about, summary(table, grid, cutoff)], columns, left=0, notes=warnings)
        return
    write_exhibit_table(
        path,
        title,
        [
            *about,
            f"{summary(table, grid, cutoff)} Plays of training songs were held out ({choice['held_out']:.0%} in each "
            "draw), and each setting was fitted to the rest. No validation or test song took part. "
            f"Maximised: {_MAXIMISED[choice['measure']]}.",
        ],
        columns,
        left=0,
        notes=[
            *warnings,
            "±: standard deviation over draws. All settings had the first draw, the best of them the others.",
            "Chosen: of the settings as good as the best, those with the fewest factors. As good: the best leads them "
            "by no more than the standard error of its lead.",
            "The warm evaluation (tables/warm.md) holds out some of the same plays, in another draw.",
        ],
    )


def ordered(table: pl.DataFrame) -> pl.DataFrame:
    """Put the settings in order: those with most draws first, and of these the best."""
    return table.sort(["draws", "score"], descending=True, maintain_order=True)


def axis_of(grid: Mapping[str, Sequence[float]]) -> str:
    """The setting of the horizontal axis: regularization if it is a list, else that of most values."""
    return "regularization" if "regularization" in grid else max(grid, key=lambda key: len(grid[key]))


def write_grid_figure(path: Path, table: pl.DataFrame, grid: Mapping[str, Sequence[float]], cutoff: int) -> None:
    """Draw AUC and mAP by one setting, a line for each combination of the others."""
    axis = axis_of(grid)
    others = [key for key in grid if key != axis]
    chosen = table.row(by_predicate=pl.col("chosen"), named=True)
    caption = (
        f"{summary(table, grid, cutoff)} Each line is the factorisation with one combination of "
        f"{', '.join(others) or 'the other settings'}; blue with that chosen, and its deviation over draws where there "
        "are several; the ring is the setting chosen."
    )
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 2 * _PANEL), layout="constrained")
        for axes, measured in zip(figure.subplots(2, 1, sharex=True), (AUC, MAP), strict=True):
            name = measured.column_at(cutoff)
            for _, line in table.group_by(others, maintain_order=True) if others else [((), table)]:
                line, own = line.sort(axis), bool(line["chosen"].any())
                colour, width = (ACCENT, 1.8) if own else (MUTED, 0.8)
                axes.plot(
                    line[axis], line[name], color=colour, linewidth=width, alpha=1 if own else 0.5, zorder=2 + own
                )
                if own:
                    bars = line.drop_nulls(f"{name}_sd")
                    axes.errorbar(
                        bars[axis],
                        bars[name],
                        bars[f"{name}_sd"],
                        fmt="o",
                        color=ACCENT,
                        markersize=3,
                        linewidth=1.2,
                        zorder=4,
                    )
            axes.plot(
                [chosen[axis]], [chosen[name]], "o", markersize=9, markerfacecolor="none", markeredgecolor=INK, zorder=5
            )
            axes.set_ylabel(measured.title_at(cutoff))
            axes.set_facecolor("none")
            axes.tick_params(length=0, which="both")
            axes.grid(True, axis="y")
            if min(grid[axis]) > 0:
                axes.set_xscale("log")
                axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set_xlabel(axis)
        write_exhibit_figure(path, as_svg(figure, caption, caption), caption)
