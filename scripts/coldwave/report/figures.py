"""Figures of the report, as SVG elements to put into a page.

They are drawn narrow, so that their text stays readable on a phone, in colours that the page's style sheet
decides (``var(--ink)`` and so on), so that they follow its light and dark mode. The same data give the same bytes.
"""

import io
import re
from collections.abc import Mapping, Sequence
from html import escape

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

_WIDTH = 4.0  # inches
_NAME = 20  # letters of a model's name
# Stand-ins for colours of the page: matplotlib must be given a colour it knows.
_INK, _MUTED, _GRID, _ACCENT, _SECOND = "#010101", "#020202", "#030303", "#040404", "#050505"
_COLOURS = {_INK: "--ink", _MUTED: "--muted", _GRID: "--grid", _ACCENT: "--accent", _SECOND: "--second"}
_STYLE = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",  # just to measure text: it comes with matplotlib, and is wider than most
    "font.size": 10,
    "axes.edgecolor": _GRID,
    "axes.labelcolor": _MUTED,
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.formatter.use_mathtext": False,
    "grid.color": _GRID,
    "grid.linewidth": 0.7,
    "text.color": _INK,
    "text.parse_math": False,
    "xtick.color": _GRID,
    "xtick.labelcolor": _MUTED,
    "ytick.color": _GRID,
    "ytick.labelcolor": _MUTED,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
}


def model_dots(
    values: Mapping[str, Sequence[float]], emphasised: Sequence[str], label: str, reference: float | None, alt: str
) -> str:
    """One row a model: a small dot for each seed, a large one for their mean; a dashed line at ``reference``."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(0.6 + 0.34 * len(values))
        for row, (model, seeds) in enumerate(values.items()):
            colour, mean = _ACCENT if model in emphasised else _MUTED, float(np.mean(seeds))
            axes.plot(seeds, [row] * len(seeds), "o", color=colour, markersize=4, alpha=0.45, markeredgewidth=0)
            axes.plot([mean], [row], "o", color=colour, markersize=7.5, markeredgewidth=0)
            axes.annotate(
                f"{mean:.3f}", (mean, row), (0, 6.5), textcoords="offset points", ha="center", fontsize=9, color=_INK
            )
        if reference is not None:
            axes.axvline(reference, color=_MUTED, linewidth=1, linestyle=(0, (3, 3)), zorder=0)
        _model_rows(axes, list(values))
        axes.set_xlabel(label)
        axes.margins(x=0.09)
        return _svg(figure, label, alt)


def user_distributions(samples: Mapping[str, np.ndarray], emphasised: Sequence[str], label: str, alt: str) -> str:
    """One row a model: how users' values in [0, 1] are spread (a histogram), and a tick at the median."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(0.6 + 0.42 * len(samples))
        edges = np.linspace(0, 1, 42)  # an odd number of bins, so that 0.5 is the middle of one
        for row, (model, sample) in enumerate(samples.items()):
            colour = _ACCENT if model in emphasised else _MUTED
            bins = np.histogram(sample, edges)[0]
            heights = 0.8 * bins / max(1, bins.max())
            # The axis points down, so that the first model is on top; a ridge rises from its row's line.
            axes.stairs(row + 0.4 - heights, edges, baseline=row + 0.4, fill=True, color=colour, alpha=0.55)
            axes.plot([0, 1], [row + 0.4] * 2, color=_GRID, linewidth=0.7)
            if len(sample):
                median = float(np.median(sample))
                axes.plot([median] * 2, [row + 0.4, row - 0.4], color=_INK, linewidth=1.2)
        axes.axvline(0.5, color=_MUTED, linewidth=1, linestyle=(0, (3, 3)), zorder=0)
        _model_rows(axes, list(samples))
        axes.set_xlim(0, 1)
        axes.set_xlabel(label)
        return _svg(figure, label, alt)


def lines(
    series: Mapping[str, Sequence[tuple[Sequence[float], Sequence[float]]]],
    best: Sequence[tuple[float, float]],
    label_x: str,
    label_y: str,
    alt: str,
    logarithmic: bool = False,
) -> str:
    """Named series of one or more lines (x, y) each, two names at most, and rings at the points in ``best``."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(2.5)
        axes.grid(True, axis="y")
        for (name, curves), colour in zip(series.items(), (_ACCENT, _SECOND), strict=False):
            for place, (x, y) in enumerate(curves):
                marker = "." if len(x) < 40 else None
                axes.plot(x, y, color=colour, linewidth=1.5, marker=marker, label=name if place == 0 else None)
        for place, (x, y) in enumerate(best):
            name = "kept" if place == 0 else None
            axes.plot([x], [y], "o", markersize=8, markerfacecolor="none", markeredgecolor=_INK, label=name)
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
        return _svg(figure, label_x + label_y + alt, alt)


def _axes(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.tick_params(length=0)
    axes.set_facecolor("none")
    return figure, axes


def _model_rows(axes: Axes, models: list[str]) -> None:
    axes.set_yticks(range(len(models)), [name if len(name) <= _NAME else f"{name[: _NAME - 1]}…" for name in models])
    for text in axes.get_yticklabels():
        text.set_color(_INK)
    axes.set_ylim(len(models) - 0.5, -0.7)
    axes.grid(True, axis="x")


def _svg(figure: Figure, salt: str, alt: str) -> str:
    """The figure as one SVG element: no declaration, no metadata, no address, and ids of its own."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": salt}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"font-family: [^;\"]*; ", "", text)  # the page's font
    text = re.sub(r'(<g) id="[^"]*"', r"\1", text)
    text = re.sub(r' xmlns(:xlink)?="[^"]*"', "", text).replace("xlink:href=", "href=")
    for stand_in, variable in _COLOURS.items():
        text = text.replace(stand_in, f"var({variable})")
    view_box = re.search(r'viewBox="[^"]*"', text).group()
    body = text[text.index(">") + 1 :]
    body = re.sub(r"\n\s*", "\n", body)
    return f'<svg {view_box} role="img" aria-label="{escape(alt)}">{body.strip()}'
