"""What commands print: tables for people, JSON for programs, and what is to be said beside them, on standard error."""

import json
import math
import os
import sys
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from coldwave.shown import one_line, printable

WIDTH = 120  # characters of a paragraph's line


def say(text: str) -> None:
    """Print a line beside the result: on standard error."""
    print(printable(text), file=sys.stderr, flush=True)


def fail(error: Exception, status: int = 1) -> int:
    """Print an error on one line of standard error; return the exit status."""
    say(f"error: {error}")
    return status


def write_json(value: Any) -> None:
    """Print a value as JSON, in ASCII, so that a terminal acts on nothing in it. What is no number becomes null."""
    print(json.dumps(_plain(value), indent=2, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, Path) else value


def write_table(header: Sequence[str], rows: Iterable[Sequence[object]], right: Collection[str] = ()) -> None:
    """Print a table: with lines, to the width of a terminal, and else as plain aligned text of any width.

    Parameters
    ----------
    right : the columns that are set flush right; floats in them have three decimals
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = sys.stdout.isatty()
    style = {"box": box.SIMPLE_HEAD if terminal else None, "pad_edge": False, "header_style": "bold"}
    table = Table(**style)
    for name in header:
        flush = "right" if name in right else "left"
        table.add_column(Text(name), justify=flush, no_wrap=not terminal or flush == "right")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    if terminal:
        Console(file=sys.stdout).print(table)
        return
    console = Console(file=sys.stdout, force_terminal=False, color_system=None, width=1 << 16)
    with console.capture() as capture:
        console.print(table)
    print("\n".join(line.rstrip() for line in capture.get().splitlines()))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.3f}"
    if isinstance(value, int):
        return f"{value:,}"
    return "–" if value is None else one_line(str(value))


def wrapped(text: str) -> str:
    """Break the long lines of paragraphs; rows of tables stay."""
    lines = (line if line.startswith("|") else textwrap.fill(line, WIDTH) for line in text.splitlines())
    return "\n".join(lines) + "\n"


def silence() -> None:
    """Let nothing more be written to standard output, whose reader has left: Python flushes it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
