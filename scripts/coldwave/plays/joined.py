"""Further tables of songs, which fill in by song id what the songs table lacks."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Row = tuple[int | None, str, list[Any]]  # line, its text, values of the catalogue's columns, the id first


def first_rows(rows: Iterable[Row]) -> dict[str, list[Any]]:
    """From each id to the values of the first row that has it."""
    found: dict[str, list[Any]] = {}
    for _, _, values in rows:
        if values[0] is not None:
            found.setdefault(str(values[0]).strip(), values)
    return found


def filled(rows: Iterable[Row], further: Mapping[str, list[Any]]) -> Iterator[Row]:
    """Give each row what another table says of its id, where it has no value or an empty one itself."""
    for line, text, values in rows:
        other = further.get(str(values[0]).strip())
        if other is not None:
            values = [more if own in (None, "", []) else own for own, more in zip(values, other, strict=True)]
        yield line, text, values
