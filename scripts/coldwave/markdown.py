"""Tables for people in Markdown: pipe tables that line up in a terminal, and how their numbers are written."""

from collections.abc import Mapping, Sequence


def number(value: float | None) -> str:
    """A measure with the five decimals of the paper, or a dash for none."""
    return "–" if value is None else f"{value:.5f}"


def percent(share: float | None) -> str:
    """A share as ``12.3 %``, or a dash for none."""
    return "–" if share is None else f"{100 * share:.1f} %"


def pipe_table(columns: Mapping[str, Sequence[str]], left: int) -> list[str]:
    """Lines of a Markdown table: the first ``left`` columns to the left, the others to the right.

    Parameters
    ----------
    columns : from each heading to its cells, any text (what Markdown would take for markup is escaped)
    """
    cells = {name: [name, *map(_cell, values)] for name, values in columns.items()}
    padded, rules = [], []
    for place, values in enumerate(cells.values()):
        width = max(3, *map(len, values))
        padded.append([value.ljust(width) if place < left else value.rjust(width) for value in values])
        rules.append(":" + "-" * (width - 1) if place < left else "-" * (width - 1) + ":")
    rows = list(zip(*padded, strict=True))
    return ["| " + " | ".join(row) + " |" for row in [rows[0], rules, *rows[1:]]]


def _cell(text: str) -> str:
    """Text on one line, which no bar of its own divides."""
    return " ".join(text.split()).replace("|", "\\|")
