"""Figures of the analysis: the map, calibration, confidences, spectrograms and filters.

Pictures, and points in their thousands, are embedded as images. Their colours cannot follow the page's light or dark
mode, so they are chosen to be visible in both.
"""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from coldwave.exhibits.drawing import ACCENT, GRID, INK, MUTED, NAME, STYLE, WIDTH, as_svg, new_axes
from coldwave.shown import one_line

# Safe for colour-blind readers, and mid-toned: readable on white and on near black.
CATEGORIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00")
OTHER = "#8b929b"
MANY = 2000  # more points than this are drawn as one image
LABEL = 24  # letters of an artist's or a song's name
COLUMNS = 360  # of a spectrogram's picture, at most
_DPI = 200


def song_map(coordinates: np.ndarray, groups: Sequence[str | None], labels: Sequence[tuple[str, int]], alt: str) -> str:
    """Draw points, float [songs, 2], coloured by group (None: other); ``labels`` name some songs (text, row).

    The legend lists groups by size, at most one for each colour.
    """
    numbers = {group: groups.count(group) for group in groups if group is not None}
    shown = sorted(numbers, key=lambda group: (-numbers[group], group))[: len(CATEGORIES)]
    colours = dict(zip(shown, CATEGORIES, strict=False))
    with matplotlib.rc_context(STYLE | {"savefig.dpi": _DPI}):
        figure, axes = new_axes(4.2)
        size = float(np.clip(6000 / max(1, len(groups)), 0.6, 16))
        several = [*shown, None] if shown else [None]
        for group in reversed(several):
            rows = [row for row, own in enumerate(groups) if (own if own in colours else None) == group]
            if rows:
                axes.scatter(
                    coordinates[rows, 0],
                    coordinates[rows, 1],
                    s=size,
                    c=colours.get(group, OTHER),
                    alpha=0.85,
                    linewidths=0,
                    rasterized=len(groups) > MANY,
                )
        for text, row in labels:
            axes.plot(*coordinates[row], "o", markersize=5, markerfacecolor="none", markeredgecolor=INK)
            axes.annotate(
                one_line(text, LABEL),
                coordinates[row],
                (0, 5),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                color=INK,
            )
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines["bottom"].set_visible(False)
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.08)
        if shown:
            handles = [
                axes.plot(
                    [], [], "o", color=colours.get(group, OTHER), markersize=5, label=one_line(group or "other", NAME)
                )[0]
                for group in several
                if group is not None or any(own not in colours for own in groups)
            ]
            figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=0.8, columnspacing=1.2)
        return as_svg(figure, "map" + alt, alt)


def calibration(curves: Mapping[str, tuple[np.ndarray, np.ndarray]], alt: str) -> str:
    """Draw, for each model, mean predicted against mean true values in bins, and the line on which both are equal."""
    with matplotlib.rc_context(STYLE):
        rows = -(-len(curves) // 2)
        figure = Figure(figsize=(WIDTH, 0.4 + 1.9 * rows), layout="constrained")
        panels = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False).ravel()
        values = [value for pair in curves.values() for side in pair for value in side] or [0.0]
        low, high = min(values), max(values)
        edge = 0.06 * (high - low or 1)
        for panel, (model, (predicted, true)) in zip(panels, curves.items(), strict=False):
            panel.plot([low, high], [low, high], color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
            panel.plot(predicted, true, ".-", color=ACCENT, linewidth=1.5, markersize=6)
            panel.set_title(one_line(model, NAME), fontsize=9.5, color=INK, loc="left")
            panel.grid(True)
            panel.set_xlim(low - edge, high + edge)
            panel.set_ylim(low - edge, high + edge)
            panel.set_aspect("equal")
        for panel in panels:
            panel.tick_params(length=0)
            panel.set_facecolor("none")
        for panel in panels[len(curves) :]:
            panel.set_visible(False)
        figure.supxlabel("predicted", fontsize=10, color=MUTED)
        figure.supylabel("from the songs' own plays", fontsize=10, color=MUTED)
        return as_svg(figure, "calibration" + alt, alt)


def confidence_histogram(values: np.ndarray, pairs: np.ndarray, alt: str) -> str:
    """Draw how many pairs have each confidence: distinct values, float [n], and the pairs of each, int [n]."""
    with matplotlib.rc_context(STYLE):
        figure, axes = new_axes(2.5)
        edges = np.linspace(values.min(), max(values.max(), values.min() + 1e-6), 41)
        heights = np.histogram(values, edges, weights=pairs)[0]
        axes.stairs(heights, edges, fill=True, color=ACCENT, alpha=0.75, baseline=0.5)
        axes.set_yscale("log")
        axes.set_ylim(0.5, max(1, heights.max()) * 2)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.minorticks_off()
        axes.grid(True, axis="y")
        axes.set_xlabel("confidence")
        axes.set_ylabel("pairs of a user and a song")
        return as_svg(figure, "confidence" + alt, alt)


def spectrograms(log_mels: Mapping[str, np.ndarray], seconds_a_frame: float, alt: str) -> str:
    """Draw log-mels of songs, by name, float [frames, bands] each, on one scale of colours."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.3 + 1.25 * len(log_mels)), layout="constrained")
        panels = figure.subplots(len(log_mels), 1, sharex=True, squeeze=False).ravel()
        everything = np.concatenate([frames.ravel() for frames in log_mels.values()]).astype(np.float32)
        low, high = np.quantile(everything, [0.02, 0.998])
        for panel, (name, frames) in zip(panels, log_mels.items(), strict=True):
            seconds = len(frames) * seconds_a_frame
            narrow = _narrowed(frames.astype(np.float32), COLUMNS)
            panel.imshow(
                narrow.T,
                origin="lower",
                aspect="auto",
                extent=(0, seconds, 0, frames.shape[1]),
                cmap="magma",
                vmin=low,
                vmax=high,
                interpolation="none",
            )
            panel.set_title(one_line(name, 44), fontsize=9, color=INK, loc="left", pad=3)
            panel.tick_params(length=0)
            panel.set_yticks([0, frames.shape[1]])
        panels[-1].set_xlabel("seconds")
        figure.supylabel("mel band", fontsize=10, color=MUTED)
        return as_svg(figure, "spectrograms" + alt, alt)


def _narrowed(frames: np.ndarray, columns: int) -> np.ndarray:
    """Average neighbouring frames, so that a picture has at most ``columns`` columns: [frames, bands]."""
    if len(frames) <= columns:
        return frames
    starts = np.linspace(0, len(frames), columns, endpoint=False).astype(int)
    return np.add.reduceat(frames, starts) / np.diff(np.append(starts, len(frames)))[:, None]


def filters(weights: np.ndarray, alt: str) -> str:
    """Draw filters over time and mel bands, float [filters, bands, frames], with the low bands at the bottom."""
    with matplotlib.rc_context(STYLE):
        across = min(len(weights), 16)
        rows = -(-len(weights) // across)
        figure = Figure(figsize=(WIDTH, 0.5 + 1.5 * rows), layout="constrained")
        panels = figure.subplots(rows, across, squeeze=False).ravel()
        largest = float(np.abs(weights).max()) or 1.0
        for panel in panels[len(weights) :]:
            panel.set_visible(False)
        for panel, strip in zip(panels, weights, strict=False):
            panel.imshow(
                strip, origin="lower", aspect="auto", cmap="RdBu_r", vmin=-largest, vmax=largest, interpolation="none"
            )
            panel.set_xticks([])
            panel.set_yticks([])
            panel.spines[:].set(visible=True, color=GRID)
        figure.supxlabel("frames of each filter", fontsize=10, color=MUTED)
        figure.supylabel("mel band", fontsize=10, color=MUTED)
        return as_svg(figure, "filters" + alt, alt)
