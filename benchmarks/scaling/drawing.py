"""Draw how stages grow: time and memory against size, both in logarithms."""

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from scaling.laws import fitted

from coldwave.exhibits.drawing import STYLE, WIDTH, as_svg
from coldwave.exhibits.files import write_exhibit_figure


def draw(found: dict[str, list[dict]], path: Path) -> None:
    """Draw each case's measurements as points joined by lines, time above and memory below."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 6.6), layout="constrained")
        panels = figure.subplots(2, sharex=True)
        for axes, key, title in zip(panels, ("seconds", "peak_mb"), ("seconds", "MB"), strict=True):
            axes.set(xscale="log", yscale="log", ylabel=title, facecolor="none")
            for axis, ticks in ((axes.xaxis, LogLocator(100)), (axes.yaxis, LogLocator(subs=(1, 2, 5)))):
                axis.set_major_locator(ticks)
                axis.set_minor_locator(NullLocator())
                axis.set_major_formatter(FuncFormatter(_plain))  # matplotlib's powers are mathematics, not text
            axes.grid(True, axis="y")
            for place, (name, rows) in enumerate(found.items()):
                sizes, values = [row["size"] for row in rows], [row[key] for row in rows]
                label = name.replace("-", ", ") if axes is panels[0] else None
                axes.plot(sizes, values, marker="o", markersize=3, color=f"C{place % 10}", label=label)
        panels[1].set_xlabel("plays, users or songs: what each stage is measured against")
        figure.legend(loc="outside upper center", ncols=2)
        exponents = {name: fitted([row["size"] for row in rows], [row["seconds"] for row in rows])
                     for name, rows in found.items()}  # fmt: skip
        told = ", ".join(f"{name} {law.exponent:.2f}" for name, law in exponents.items() if law)
        alt = f"Time and memory of stages against size. Exponents of time: {told}"
        caption = f"Time and peak memory of some stages' scripts alone, on two threads. Exponents of time: {told}."
        write_exhibit_figure(path, as_svg(figure, "scale" + alt, alt), caption)


def _plain(number: float, _: int) -> str:
    return f"{number:,g}" if number < 1e4 else f"{number:,.0f}"
