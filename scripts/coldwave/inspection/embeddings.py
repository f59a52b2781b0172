"""Inspect numbers of songs: a table of embeddings, or an array without ids."""

import re
from collections.abc import Sequence
from pathlib import Path

from coldwave.embeddings.columns import text_lines
from coldwave.files import read_array
from coldwave.inspection.delimited import Delimited, is_numeric
from coldwave.inspection.findings import LINES, SHOWN, Inspection
from coldwave.inspection.names import ID, column_of
from coldwave.plays.suffixes import delimiter_of, without_compression

FEWEST = 2  # columns of numbers: with one alone, a table says something else

WITHOUT_IDS = "its rows have no ids: write a table (.csv, .tsv or .parquet) with a column of song ids before them"
TO_A_MODEL = "a model takes it by this name, as `features`; the plays and songs have to be named as well"


def column_of_ids(header: Sequence[str], numeric: Sequence[bool], fewest: int = FEWEST) -> str | None:
    """Find the column of ids beside which there are numbers alone: the one without numbers, else one by its name.

    None where there is no such column, or where there are fewer than ``fewest`` columns of numbers.
    """
    others = [name for name, numbers in zip(header, numeric, strict=True) if not numbers]
    song = others[0] if len(others) == 1 else column_of(ID, header)
    alone = song is not None and set(others) <= {song} and len(header) - 1 >= fewest
    return song if alone else None


def numeric_columns(layout: Delimited) -> list[bool]:
    """Say for each column of text whether it holds numbers."""
    return [is_numeric(column) for column in zip(*layout.rows, strict=True)]


def inspect_embeddings_in_text(path: Path, layout: Delimited, song: str) -> Inspection:
    """Count the rows at the beginning of a table of embeddings.

    Raises
    ------
    InputError
        As ``coldwave.embeddings.columns.text_lines``.
    """
    rows = wrong = 0
    lines = text_lines(path, {"delimiter": layout.delimiter}, "embeddings", 1 << 20)
    next(lines)
    whole = True
    for _, _, fields in lines:
        good = fields is not None and len(fields) == len(layout.header)
        rows, wrong = rows + good, wrong + (not good)
        if rows >= LINES:
            whole = next(lines, None) is None
            break
    counts = {"rows": rows, "numbers a song": len(layout.header) - 1} | ({"set aside": wrong} if wrong else {})
    delimiter = None if delimiter_of(path) == layout.delimiter else layout.delimiter
    return as_embeddings(path, song, counts, whole, layout.header, layout.rows, delimiter)


def as_embeddings(
    path: Path,
    song: str,
    counts: dict[str, int],
    whole: bool,
    columns: Sequence[str],
    preview: Sequence[Sequence[str]],
    delimiter: str | None = None,
) -> Inspection:
    """Say that a table is one of embeddings, whose songs' ids are in the column ``song``."""
    name = re.sub("[^a-z0-9_]", "_", without_compression(path).stem.lower())
    name = name if re.match("[a-z]", name) and name != "bow" else f"e_{name}"
    how = {"path": str(path), "song": song} | ({} if delimiter is None else {"delimiter": delimiter})
    shown = [list(row) for row in preview[:SHOWN]]
    words = "a table of embeddings: numbers for each song"
    return Inspection(
        path, "embeddings", words, counts, whole, list(columns), shown, {"embeddings": {name: how}}, [TO_A_MODEL]
    )


def inspect_array(path: Path) -> Inspection:
    """Say what an NPY file holds.

    Raises
    ------
    InputError
        It is not a whole NPY file, or holds Python's objects.
    """
    array = read_array(path, memory_map=True)
    words = f"an array of {array.dtype}, {' × '.join(map(str, array.shape)) or 'one number'}"
    rows = array[:SHOWN] if array.ndim else array[None]
    preview = [[str(number) for number in row.ravel()[:8]] for row in rows]
    counts = {"rows": len(array), "numbers a row": array[0].size} if array.ndim and len(array) else {}
    return Inspection(path, "array", words, counts, preview=preview, notes=[WITHOUT_IDS])
