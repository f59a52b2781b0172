"""Figures of the comparison of models: AUC over strata of songs and users."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import polars as pl
from matplotlib.axes import Axes

from coldwave.evaluation.models import LOG_MELS, Model
from coldwave.evaluation.table_of_measures import AUC
from coldwave.exhibits.drawing import ACCENT, INK, MUTED, NAME, SECOND, STYLE, as_svg, draw_words, new_axes

NOTHING_TOLD = "No user can tell models apart here."
_SHAPES = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))
_COLOURS = (ACCENT, SECOND, INK)
_WORDS = {
    "popularity": (
        "users of a test song",
        "AUC by the popularity of test songs: the share of other test songs ranked below a song, for the users who "
        "have played it. All strata have about the same number of songs, and each song counts once.",
    ),
    "activity": (
        "training songs of a user",
        "AUC of users by how many training songs they have played. All strata have about the same number of users.",
    ),
}


def spread(values: Sequence[float], distance: float) -> np.ndarray:
    """Move values as little as possible until adjacent ones are ``distance`` apart: float64, in the order given.

    Values that would touch are pooled around their common middle, as in isotonic regression.
    """
    order = np.argsort(values, kind="stable")
    shifted = np.asarray(values, np.float64)[order] - distance * np.arange(len(order))
    blocks: list[tuple[float, int]] = []  # sum and number of the shifted values that share a place
    for value in shifted.tolist():
        total, number = value, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / number:
            before, count = blocks.pop()
            total, number = total + before, number + count
        blocks.append((total, number))
    levels = np.concatenate([np.full(number, total / number) for total, number in blocks] or [np.empty(0)])
    result = np.empty(len(order))
    result[order] = levels + distance * np.arange(len(order))
    return result


def stratum_lines(table: pl.DataFrame, emphasised: Sequence[str], label: str, alt: str) -> str:
    """Draw a line for each model over strata, named at its end; ``emphasised`` ones in colour, others thin and grey.

    ``table`` : ``model``, ``group``, ``low``, ``high``, ``auc`` of one kind of strata; groups are consecutive.
    """
    with matplotlib.rc_context(STYLE):
        models = table["model"].unique(maintain_order=True).to_list()
        figure, axes = new_axes(max(2.8, 0.5 + 0.2 * len(models)))
        axes.grid(True, axis="y")
        styles = styles_of([model for model in models if model in emphasised])
        ends: dict[str, float] = {}
        for model in sorted(models, key=lambda name: name in styles):  # emphasised ones on top
            rows = table.filter(model=model).drop_nulls("auc").sort("group")
            if rows.is_empty():
                continue
            x, y = rows["group"].to_numpy(), rows["auc"].to_numpy()
            colour, shape = styles.get(model, (MUTED, "-"))
            width = 1.8 if model in styles else 0.9
            axes.plot(x, y, color=colour, linestyle=shape, linewidth=width, alpha=1 if model in styles else 0.55)
            if len(x) == 1:
                axes.plot(x, y, "o", color=colour, markersize=4)
            ends[model] = float(y[-1])
        if table["auc"].min() < AUC.chance < table["auc"].max():
            axes.axhline(AUC.chance, color=MUTED, linewidth=1, linestyle=(0, (3, 3)), zorder=0)
        groups = table.unique("group").sort("group")
        _name_groups(axes, groups)
        name_lines(axes, ends, styles, len(groups))
        axes.set_xlabel(label)
        axes.set_ylabel(AUC.title)
        return as_svg(figure, label + alt, alt)


def styles_of(models: Sequence[str]) -> Mapping[str, tuple]:
    """Choose a colour and a line shape for each model; the first twelve all differ."""
    colours = len(_COLOURS)
    return {
        model: (_COLOURS[place % colours], _SHAPES[place // colours % len(_SHAPES)])
        for place, model in enumerate(models)
    }


def _name_groups(axes: Axes, groups: pl.DataFrame) -> None:
    names = [f"{low:,}" if low == high else f"{low:,}–{high:,}" for low, high in groups.select("low", "high").rows()]
    axes.set_xticks(groups["group"].to_list(), names)
    if len(names) > 4:
        axes.tick_params(axis="x", labelrotation=45)
        for text in axes.get_xticklabels():
            text.set_horizontalalignment("right")
            text.set_rotation_mode("anchor")
            text.set_fontsize(8.5)


def name_lines(axes: Axes, ends: Mapping[str, float], styles: Mapping[str, tuple], groups: int) -> None:
    """Write names at the right, moved apart if lines end close to each other, and join each to the end of its line."""
    low, high = axes.get_ylim()
    height = axes.figure.get_size_inches()[1] - 1.1  # of the axes, about
    distance = (high - low) * 0.135 / height
    places = spread(list(ends.values()), distance)
    axes.set_ylim(min(low, places.min() - distance / 2), max(high, places.max() + distance / 2))
    low, high = axes.get_ylim()
    axes.set_yticks([tick for tick in axes.get_yticks() if low <= tick <= min(1, high)])  # no measure is above 1
    last, step = groups - 1, max(1, groups - 1)
    for (model, end), place in zip(ends.items(), places.tolist(), strict=True):
        colour = styles[model][0] if model in styles else MUTED
        x = last + 0.07 * step
        axes.plot([last + 0.01 * step, x - 0.01 * step], [end, place], color=colour, linewidth=0.5, clip_on=False)
        name = model if len(model) <= NAME else f"{model[: NAME - 1]}…"
        axes.annotate(name, (x, place), va="center", fontsize=8.5, color=colour, annotation_clip=False)
    axes.set_xlim(-0.04 * step if groups > 1 else -0.5, last + 0.02 * step)


def draw_strata(table: pl.DataFrame, models: Mapping[str, Model], by: str) -> tuple[str, str]:
    """Draw one kind of strata (columns as ``coldwave.evaluation.strata.SCHEMA``): the figure and its caption."""
    rows = table.filter(by=by)
    if rows.is_empty():
        return draw_words(NOTHING_TOLD), _WORDS[by][1]
    shown = rows["model"].unique(maintain_order=True)
    networks = [name for name in shown if models[name].hears == LOG_MELS]
    label, caption = _WORDS[by]
    if networks:
        caption += f" Networks are in colour: {', '.join(networks)}."
    ends = rows.group_by("model", maintain_order=True).agg(pl.col("auc").first(), pl.col("auc").last().alias("last"))
    alt = f"{AUC.title} by {label}, from the lowest to the highest stratum: "
    alt += ", ".join(f"{model} {first:.3f} to {last:.3f}" for model, first, last in ends.drop_nulls().rows())
    return stratum_lines(rows, networks, label, alt), caption
