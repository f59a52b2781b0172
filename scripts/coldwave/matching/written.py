"""CSV tables that people write to correct the matching: the columns that are needed, line by line.

This module and what it imports stay small: the workflow looks columns up before it plans anything.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from coldwave.errors import InputError
from coldwave.plays.columns import find_columns

OVERRIDES = ("artist", "title", "song_id")
MAY_HAVE = ("album",)  # which overrides may have besides
REDIRECTS = ("from", "to")


def overrides_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the fields of ``OVERRIDES`` and ``MAY_HAVE`` of each row; empty without such a column.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, or a row is malformed.
    """
    return _rows(path, "overrides", OVERRIDES, MAY_HAVE)


def redirects_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the fields of ``REDIRECTS`` of each row.

    Raises
    ------
    InputError
        As `overrides_of`.
    """
    return _rows(path, "redirects", REDIRECTS)


def _rows(
    path: Path, what: str, wanted: Sequence[str], may_have: Sequence[str] = ()
) -> Iterator[tuple[int, list[str]]]:
    header, places = None, []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for row in filter(any, reader):
                if header is None:
                    header = [name.strip() for name in row]
                    places = find_columns([(f"plays.matching.{what}", name) for name in wanted], header, path)
                    places += [header.index(name) if name in header else None for name in may_have]
                elif len(row) != len(header):
                    raise InputError(
                        f"{path}, line {reader.line_num}: {len(row)} fields, and the header has {len(header)}"
                    )
                else:
                    yield reader.line_num, ["" if place is None else row[place].strip() for place in places]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: the {what} cannot be read as CSV in UTF-8 ({error})") from error
    if header is None:
        raise InputError(f"{path}: the {what} are empty; the header must name {', '.join(wanted)}")
