"""Tables for people in Markdown: pipe tables that line up in a terminal, and how their numbers are written."""

import re
from collections.abc import Mapping, Sequence

from coldwave.shown import LONGEST, one_line

LONGEST_PARAGRAPH = 5000  # characters

# Characters that begin markup: a parenthesis after a bracket (a link's address), an underscore at the edge of a word,
# "<" before a name. The rest is left as it is, because tables are also read in terminals.
_MARKUP = re.compile(
    r"""\\(?=[!-/:-@[-`{-~]|$)|[`*|]|~~|(?<=\])\(|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#?\w+;)"""
)


def number(value: float | None) -> str:
    """Format a measure with the paper's five decimals; a dash for None."""
    return "–" if value is None else f"{value:.5f}"


def percent(share: float | None) -> str:
    """Format a share as ``12.3 %``; a dash for None."""
    return "–" if share is None else f"{100 * share:.1f} %"


def pipe_table(columns: Mapping[str, Sequence[str]], left: int) -> list[str]:
    """Make the lines of a Markdown table: the first ``left`` columns aligned left, the others right.

    Parameters
    ----------
    columns : from each heading to its cells, any text (what Markdown would take for markup is escaped)
    """
    cells = {name: [name, *(escaped(value, LONGEST) for value in values)] for name, values in columns.items()}
    padded, rules = [], []
    for place, values in enumerate(cells.values()):
        width = max(3, *map(len, values))
        padded.append([value.ljust(width) if place < left else value.rjust(width) for value in values])
        rules.append(":" + "-" * (width - 1) if place < left else "-" * (width - 1) + ":")
    rows = list(zip(*padded, strict=True))
    return ["| " + " | ".join(row) + " |" for row in [rows[0], rules, *rows[1:]]]


def escaped(text: str, longest: int = LONGEST_PARAGRAPH) -> str:
    """Put text on one line, cut it, and escape what would be markup, HTML or the edge of a cell."""
    return _MARKUP.sub(lambda found: "".join(f"\\{character}" for character in found[0]), one_line(text, longest))
