"""Columns that the user names, found in a file's header.

This module and what it imports stay small: the workflow looks columns up before it plans anything.
"""

import difflib
import re
from collections.abc import Iterable, Sequence

from coldwave.errors import InputError

BLANKS = " \t"  # stripped from both ends of column names, ids and counts


def bare(name: str) -> str:
    """Return a column's name without case, blanks and signs: ``userID``, ``user_id`` and ``User Id`` are one."""
    return re.sub(r"[\W_]", "", name.casefold())


def find_column(wanted: str | int, header: Sequence[str] | None, key: str, path: object) -> int:
    """Find the position, from 0, of a column named by its name or by its number from 1.

    ``header`` holds the names of all columns, or is None where the file has none; ``key`` is the setting that
    names the column.

    Raises
    ------
    InputError
        There is no such column, or two of that name, or a name is given where there is no header.
    """
    if isinstance(wanted, int):
        if wanted < 1 or (header is not None and wanted > len(header)):
            columns = "" if header is None else f"; {path} has {len(header)} columns"
            raise InputError(f"{key}: {wanted} is not the number of a column, counted from 1{columns}")
        return wanted - 1
    if header is None:
        raise InputError(
            f"{key}: {wanted!r} is a name, but {path} is read without a header: give the column's number, counted "
            "from 1, or set header: true"
        )
    places = [place for place, name in enumerate(header) if name == wanted]
    if len(places) == 1:
        return places[0]
    names = ", ".join(repr(name) for name in header[:30]) + (", ..." if len(header) > 30 else "")
    if places:
        raise InputError(f"{key}: {path} has {len(places)} columns {wanted!r}; give the number of one. It has {names}")
    lowered = {name.lower(): name for name in header}
    close = difflib.get_close_matches(wanted.lower(), list(lowered), n=1)
    guess = f"; did you mean {lowered[close[0]]!r}?" if close else ""
    raise InputError(f"{key}: {path} has no column {wanted!r}. It has {names}{guess}")


def find_columns(wanted: Iterable[tuple[str, str | int]], header: Sequence[str] | None, path: object) -> list[int]:
    """Find several columns, each given as (setting that names it, its name or number), as `find_column` does.

    Raises
    ------
    InputError
        Some cannot be found; the message has a line for each of them.
    """
    places, mistakes = [], []
    for key, column in wanted:
        try:
            places.append(find_column(column, header, key, path))
        except InputError as error:
            mistakes.append(str(error))
    if mistakes:
        raise InputError("\n".join(mistakes))
    return places
