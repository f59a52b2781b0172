"""The figure of a search: its progress, and what each setting was worth."""

import matplotlib
import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from coldwave.exhibits.drawing import ACCENT, INK, MUTED, SECOND, STYLE, WIDTH, as_svg

_PANEL = 1.7  # inches


def search_figure(trials: pl.DataFrame, settings: dict[str, bool], label: str, alt: str) -> str:
    """Draw one panel for the values by trial, with the best so far, and one for the values by each setting.

    Parameters
    ----------
    trials : ``trial``, ``value`` and a column for each setting
    settings : from each setting to whether its axis is logarithmic
    label : name of the value
    """
    valued = trials.drop_nulls("value")
    values = valued["value"].to_numpy()
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, _PANEL * (1 + len(settings))), layout="constrained")
        first, *others = figure.subplots(1 + len(settings), 1, squeeze=False)[:, 0]
        first.plot(valued["trial"], values, "o", color=MUTED, markersize=4, alpha=0.6, markeredgewidth=0)
        first.step(valued["trial"], np.maximum.accumulate(values), where="post", color=ACCENT, linewidth=1.5)
        first.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        first.set_xlabel("trial (the line is the best so far)")
        best = int(np.argmax(values))
        for axes, (name, logarithmic) in zip(others, settings.items(), strict=True):
            column = valued[name]
            places = column.to_list() if column.dtype.is_numeric() else [str(value) for value in column]
            axes.plot(places, values, "o", color=ACCENT, markersize=4, alpha=0.6, markeredgewidth=0)
            axes.plot([places[0]], [values[0]], "o", color=SECOND, markersize=5, markeredgewidth=0)
            axes.plot([places[best]], [values[best]], "o", markersize=9, markerfacecolor="none", markeredgecolor=INK)
            if logarithmic and column.dtype.is_numeric():
                axes.set_xscale("log")
                axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.set_xlabel(name)
        for axes in (first, *others):
            axes.set_facecolor("none")
            axes.tick_params(length=0, which="both")
            axes.grid(True, axis="y")
            axes.set_ylabel(label)
            axes.margins(y=0.12)
        return as_svg(figure, label + alt, alt)
