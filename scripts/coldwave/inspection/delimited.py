"""Guess the layout of delimited text from its first lines."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from coldwave.inspection.names import is_known
from coldwave.plays.columns import BLANKS
from coldwave.plays.layout import split_fields
from coldwave.plays.streams import HEADER_BYTES, read_blocks, wide_encoding
from coldwave.plays.suffixes import delimiter_of

SAMPLE = 50  # lines from which the layout is guessed
AGREEING = 0.8  # share of them that must have as many fields as the first
DELIMITERS = ("\t", ",", ";", "|")


class Delimited(NamedTuple):
    """The first lines of delimited text: ``header`` is None where the first one is data; ``rows`` are as wide as it."""

    delimiter: str
    quote: str | None
    encoding: str
    header: list[str] | None
    rows: list[list[str]]


def first_lines(path: Path) -> tuple[list[str], str] | None:
    """Read the first lines of a text that are not blank, and its encoding; None where the file is no text.

    Raises
    ------
    InputError
        The file is compressed in another way than its suffix says, or damaged.
    """
    encoding = wide_encoding(path) or "utf-8"
    block, read_as = next(read_blocks(path, encoding, HEADER_BYTES), (b"", "utf-8"))
    if b"\0" in block:
        return None
    lines = [line.rstrip("\r") for line in block.decode(read_as, "replace").split("\n")]
    return [line for line in lines if line.strip()][:SAMPLE], encoding


def guess_layout(path: Path, lines: Sequence[str], encoding: str) -> Delimited | None:
    """Find what separates the columns of lines, and whether the first names them; None where nothing fits."""
    if not lines or lines[0].lstrip().startswith(("{", "[", "<")):  # JSON or XML
        return None
    implied = delimiter_of(path)
    quote = '"' if any('"' in line for line in lines) else None
    for delimiter in dict.fromkeys([implied, *DELIMITERS] if implied else DELIMITERS):
        rows = _agreeing([split_fields(line, delimiter, quote) for line in lines])
        if rows is None and quote:  # a quoted text may span lines in a songs table
            rows = _agreeing(list(csv.reader((line.replace("\r", " ") + "\n" for line in lines), delimiter=delimiter)))
        if rows is not None:
            header = rows.pop(0) if _is_header(rows) else None
            return Delimited(delimiter, quote, encoding, header, rows)
    return None


def _agreeing(found: Sequence[list[str] | None]) -> list[list[str]] | None:
    """Keep the rows that are as wide as the first; None where that is one column, or where too few are."""
    width = len(found[0] or [])
    rows = [[field.strip(BLANKS) for field in fields] for fields in found if fields and len(fields) == width]
    return rows if width > 1 and len(rows) >= AGREEING * len(found) else None


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: a name is known, or it has text over a column of numbers, and no number."""
    first, *others = rows
    if any(is_number(text) or not text for text in first):
        return False
    return any(map(is_known, first)) or any(is_numeric(column) for column in zip(*others, strict=True))


def is_number(text: str) -> bool:
    """Return whether a text is a finite number."""
    try:
        return math.isfinite(float(text)) and "_" not in text  # Python reads 1_0 as ten
    except ValueError:
        return False


def is_numeric(column: Sequence[str]) -> bool:
    """Return whether a column has numbers, and nothing else besides blanks."""
    said = [text for text in column if text]
    return bool(said) and all(map(is_number, said))
