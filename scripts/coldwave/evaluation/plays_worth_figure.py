"""The curve over a song's plays, with the models where they meet it."""

from collections.abc import Mapping

import matplotlib
import numpy as np
import polars as pl

from coldwave.evaluation.figures import NOTHING_TOLD, name_lines, styles_of
from coldwave.evaluation.models import LOG_MELS, Model
from coldwave.evaluation.plays_worth_text import in_words
from coldwave.evaluation.table_of_measures import Measure
from coldwave.exhibits.drawing import INK, MUTED, STYLE, as_svg, draw_words, new_axes

_CURVE = "plays"


def draw_worth(
    curve: pl.DataFrame, table: pl.DataFrame, models: Mapping[str, Model], measure: Measure, title: str
) -> tuple[str, str]:
    """Draw one measure of the curve and of the models (``coldwave.evaluation.plays_worth``): the figure, its caption.

    The measured numbers of plays are evenly spaced, and a line joins them as the numbers between are found. The band is
    the curve's interval. A model is a level line, networks in colour, thick over the interval of what it is worth.
    """
    points, rows = curve.filter(measure=measure.key).sort("plays"), table.filter(measure=measure.key)
    if points.is_empty():
        return draw_words(NOTHING_TOLD), f"{title} by the plays of a song."
    plays, values = points["plays"].to_list(), points["value"].to_numpy()
    emphasised = [name for name in rows["model"] if models[name].hears == LOG_MELS]
    worth = ", ".join(f"{model} {in_words(found, plays)}" for model, found in rows.select("model", "plays").rows())
    caption = (
        f"{title} of songs folded in from a few plays by other users (the curve, with its 95 % interval), and of "
        "models that know none of their plays (level lines, thick over the interval of what they are worth): "
        f"{worth} plays."
    )
    alt = f"{title} by plays: " + ", ".join(f"{value:.3f} with {k}" for k, value in zip(plays, values, strict=True))
    with matplotlib.rc_context(STYLE):
        figure, axes = new_axes(max(3.0, 1.0 + 0.2 * (len(rows) + 1)))
        axes.grid(True, axis="y")
        x = np.arange(len(plays))
        axes.fill_between(x, points["low"].to_numpy(), points["high"].to_numpy(), color=MUTED, alpha=0.2, linewidth=0)
        axes.plot(x, values, color=INK, linewidth=1.8, marker="o", markersize=3)
        styles = styles_of(emphasised)
        for model, value, low, high in rows.select("model", "value", "low", "high").rows():
            colour, shape = styles.get(model, (MUTED, "-"))
            axes.plot(x[[0, -1]], [value, value], color=colour, linestyle=shape, linewidth=0.9)
            span = np.interp(np.log1p(np.clip([low, high], plays[0], plays[-1])), np.log1p(plays), x)
            axes.plot(span, [value, value], color=colour, linewidth=2.8, alpha=0.6)
        axes.set_xticks(x, [str(k) for k in plays])
        ends = dict(rows.select("model", "value").rows()) | {_CURVE: float(values[-1])}
        name_lines(axes, ends, styles | {_CURVE: (INK, "-")}, len(plays))
        axes.set_xlabel("plays of each song")
        axes.set_ylabel(title)
        return as_svg(figure, title + alt, alt), caption
