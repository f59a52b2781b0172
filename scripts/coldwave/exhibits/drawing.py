"""Draw figures as SVG elements, to put into a page or to write as files (``coldwave.exhibits.files``).

Figures are narrow, so that their text stays readable on a phone. The page's style sheet sets their colours
(``var(--ink)`` and so on), so they follow its light and dark mode. The same data give the same bytes.
"""

import io
import re
from html import escape

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coldwave.shown import one_line, printable

WIDTH = 4.0  # inches
NAME = 20  # most letters of a model's name
# Stand-ins for colours of the page: matplotlib must be given a colour it knows.
INK, MUTED, GRID, ACCENT, SECOND = "#010101", "#020202", "#030303", "#040404", "#050505"
_COLOURS = {INK: "--ink", MUTED: "--muted", GRID: "--grid", ACCENT: "--accent", SECOND: "--second"}
STYLE = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",  # only to measure text: it comes with matplotlib, and is wider than most
    "font.size": 10,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.formatter.use_mathtext": False,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.color": GRID,
    "ytick.labelcolor": MUTED,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
}


def new_axes(height: float) -> tuple[Figure, Axes]:
    """Make a figure of the page's width, `height` inches high; draw within ``matplotlib.rc_context(STYLE)``."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.tick_params(length=0)
    axes.set_facecolor("none")
    return figure, axes


def draw_words(words: str) -> str:
    """Draw a sentence in place of a figure that has nothing to show: one SVG element."""
    with matplotlib.rc_context(STYLE):
        figure, axes = new_axes(0.6)
        axes.set_axis_off()
        axes.text(0.5, 0.5, words, ha="center", va="center", color=MUTED)
        return as_svg(figure, words, words)


def model_rows(axes: Axes, models: list[str]) -> None:
    """Name the rows of the vertical axis, from the top."""
    axes.set_yticks(range(len(models)), [one_line(name, NAME) for name in models])
    for text in axes.get_yticklabels():
        text.set_color(INK)
    axes.set_ylim(len(models) - 0.5, -0.7)
    axes.grid(True, axis="x")


def as_svg(figure: Figure, salt: str, alt: str) -> str:
    """Turn a figure into one SVG element with ids of its own, without declaration, metadata or addresses."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": salt}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = printable(buffer.getvalue())
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
    return f'<svg {view_box} role="img" aria-label="{escape(printable(alt))}">{body.strip()}'
