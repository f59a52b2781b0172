"""Figures of the report: results by model, how they are spread over users, and learning curves."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.ticker import MaxNLocator, NullLocator

from coldwave.exhibits.drawing import ACCENT, GRID, INK, MUTED, SECOND, STYLE, as_svg, model_rows, new_axes


class Figure(NamedTuple):
    """An SVG element and its caption."""

    svg: str
    caption: str


def model_dots(
    values: Mapping[str, Sequence[float]],
    emphasised: Sequence[str],
    label: str,
    reference: float | None,
    alt: str,
    intervals: Mapping[str, tuple[float, float]] | None = None,
) -> str:
    """Draw a row for each model: small dots for seeds, a large one for their mean, a line for its interval if known.

    A dashed line stands at ``reference``.
    """
    with matplotlib.rc_context(STYLE):
        figure, axes = new_axes(0.6 + 0.34 * len(values))
        for row, (model, seeds) in enumerate(values.items()):
            colour, mean = ACCENT if model in emphasised else MUTED, float(np.mean(seeds))
            if intervals and model in intervals:
                axes.plot(intervals[model], [row, row], color=colour, linewidth=1.6, alpha=0.6)
            axes.plot(seeds, [row] * len(seeds), "o", color=colour, markersize=4, alpha=0.45, markeredgewidth=0)
            axes.plot([mean], [row], "o", color=colour, markersize=7.5, markeredgewidth=0)
            axes.annotate(
                f"{mean:.3f}", (mean, row), (0, 6.5), textcoords="offset points", ha="center", fontsize=9, color=INK
            )
        if reference is not None:
            axes.axvline(reference, color=MUTED, linewidth=1, linestyle=(0, (3, 3)), zorder=0)
        model_rows(axes, list(values))
        axes.set_xlabel(label)
        axes.margins(x=0.09)
        return as_svg(figure, label, alt)


def user_distributions(samples: Mapping[str, np.ndarray], emphasised: Sequence[str], label: str, alt: str) -> str:
    """Draw a row for each model: a histogram of users' values in [0, 1], and a tick at the median."""
    with matplotlib.rc_context(STYLE):
        figure, axes = new_axes(0.6 + 0.42 * len(samples))
        edges = np.linspace(0, 1, 42)  # an odd number of bins, so that 0.5 is the middle of one
        for row, (model, sample) in enumerate(samples.items()):
            colour = ACCENT if model in emphasised else MUTED
            bins = np.histogram(sample, edges)[0]
            heights = 0.8 * bins / max(1, bins.max())
            # The axis points down, so that the first model is on top; a ridge rises from its row's line.
            axes.stairs(row + 0.4 - heights, edges, baseline=row + 0.4, fill=True, color=colour, alpha=0.55)
            axes.plot([0, 1], [row + 0.4] * 2, color=GRID, linewidth=0.7)
            if len(sample):
                median = float(np.median(sample))
                axes.plot([median] * 2, [row + 0.4, row - 0.4], color=INK, linewidth=1.2)
        axes.axvline(0.5, color=MUTED, linewidth=1, linestyle=(0, (3, 3)), zorder=0)
        model_rows(axes, list(samples))
        axes.set_xlim(0, 1)
        axes.set_xlabel(label)
        return as_svg(figure, label, alt)


def lines(
    series: Mapping[str, Sequence[tuple[Sequence[float], Sequence[float]]]],
    best: Sequence[tuple[float, float]],
    label_x: str,
    label_y: str,
    alt: str,
    logarithmic: bool = False,
) -> str:
    """Draw one or two named series, each of one or more lines (x, y), and rings at the points in ``best``."""
    with matplotlib.rc_context(STYLE):
        figure, axes = new_axes(2.5)
        axes.grid(True, axis="y")
        for (name, curves), colour in zip(series.items(), (ACCENT, SECOND), strict=False):
            for place, (x, y) in enumerate(curves):
                marker = "." if len(x) < 40 else None
                axes.plot(x, y, color=colour, linewidth=1.5, marker=marker, label=name if place == 0 else None)
        for place, (x, y) in enumerate(best):
            name = "kept" if place == 0 else None
            axes.plot([x], [y], "o", markersize=8, markerfacecolor="none", markeredgecolor=INK, label=name)
        if logarithmic:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.xaxis.set_minor_locator(NullLocator())
        else:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        axes.set_xlabel(label_x)
        axes.set_ylabel(label_y)
        if len(series) > 1 or best:
            axes.legend(
                loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0, handlelength=1.2, columnspacing=1.2
            )
        return as_svg(figure, label_x + label_y + alt, alt)
