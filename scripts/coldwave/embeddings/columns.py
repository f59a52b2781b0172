"""The columns of a table of numbers by id, such as embeddings: the id (mostly a song's) and the numbers.

The workflow looks them up before it plans anything, so this module imports little, as ``coldwave.plays.columns``.
"""

import csv
import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from coldwave.errors import InputError
from coldwave.plays.columns import BLANKS, find_columns
from coldwave.plays.streams import BLOCK_BYTES, HEADER_BYTES, read_blocks
from coldwave.plays.suffixes import delimiter_of


def choose_columns(
    header: Sequence[str], options: Mapping[str, Any], key: str, path: Path, of: str = "song"
) -> tuple[int, list[int]]:
    """Find the column of the id (the option that ``of`` names), and those of the numbers (``columns``).

    ``columns`` is a list of names, the beginning of their names, or None for all but the id.

    Raises
    ------
    InputError
        There are none, or some that are named are missing (a line each), or one is the id.
    """
    wanted = options["columns"]
    named = wanted if isinstance(wanted, list) else []
    keys = [(f"{key}.{of}", options[of]), *((f"{key}.columns", name) for name in named)]
    own, *places = find_columns(keys, header, path)
    if isinstance(wanted, str):
        places = [place for place, name in enumerate(header) if name.startswith(wanted) and place != own]
        if not places:
            close = difflib.get_close_matches(wanted, header, n=1)
            guess = f"; did you mean {close[0]!r}?" if close else ""
            raise InputError(f"{key}.columns: no column of {path} begins with {wanted!r}{guess}")
    elif wanted is None:
        places = [place for place in range(len(header)) if place != own]
        if not places:
            raise InputError(f"{key}: {path} has no column besides the {of}'s id")
    elif own in places:
        raise InputError(f"{key}.columns: {header[own]!r} is the column of the {of}'s id ({key}.{of})")
    return own, places


def text_lines(
    path: Path, options: Mapping[str, Any], key: str, block_bytes: int = BLOCK_BYTES
) -> Iterator[tuple[int, str, list[str] | None]]:
    """Read delimited text line by line: the line's number, its text, and its fields (None if quotes do not match).

    A line with quotes is read by the rules of CSV, but a field cannot go on over the line's end. Empty lines are
    skipped.

    Raises
    ------
    InputError
        The file is damaged, or neither ``delimiter`` nor the file's name says what separates its columns.
    """
    delimiter = options["delimiter"] or delimiter_of(path)
    if delimiter is None:
        raise InputError(f"{key}: {path} is not a .csv, .tsv or .parquet file by its name: set {key}.delimiter")
    line = 0
    for block, _ in read_blocks(path, block_bytes=block_bytes):
        for raw in block.removesuffix(b"\n").split(b"\n"):
            line += 1
            if text := raw.rstrip(b"\r").decode("utf-8", "surrogateescape"):
                yield line, text, _fields(text, delimiter)


def _fields(text: str, delimiter: str) -> list[str] | None:
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def read_header(lines: Iterator[tuple[int, str, list[str] | None]], key: str, path: Path) -> list[str]:
    """Read the names of the columns from the first of `text_lines`.

    Raises
    ------
    InputError
        There is none, or its quotes do not match.
    """
    _, text, fields = next(lines, (0, "", []))
    if not text:
        raise InputError(f"{key}: {path} is empty, without even a header")
    if fields is None:
        raise InputError(f"{key}: quotes in the header of {path} do not match: {text[:200]!r}")
    return [name.strip(BLANKS) for name in fields]


def check_text(path: Path, options: Mapping[str, Any], key: str, of: str = "song") -> None:
    """Look up the columns in the header of delimited text.

    Raises
    ------
    InputError
        As `text_lines`, `read_header` and `choose_columns`.
    """
    choose_columns(read_header(text_lines(path, options, key, HEADER_BYTES), key, path), options, key, path, of)
