"""The columns of a table of events, by the names that they are known by or that the options give.

This module and what it imports stay small: the workflow looks columns up before it plans anything.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from coldwave.errors import InputError
from coldwave.histories.lines import fields_of, text_lines
from coldwave.histories.members import members
from coldwave.plays import names
from coldwave.plays.columns import bare, find_columns

NEEDED = ("time", "artist", "title")

# Names by which columns are known, as `bare` leaves them
COLUMNS = {
    "time": names.TIME,
    "artist": names.ARTIST,
    "title": names.TITLE,
    "album": names.ALBUM,
    "user": names.USER,
    "recording_mbid": ("recordingmbid", "mbid", "trackmbid", "musicbrainzrecordingid", "musicbrainztrackid")
    + ("mbzrecordingid",),
    "isrc": ("isrc",),
    "duration": ("duration", "durations", "durationseconds", "length", "lengthseconds", "trackduration"),
    "duration_ms": ("durationms", "lengthms"),
    "played": ("secondsplayed", "playduration", "durationplayed", "listenedseconds", "playedseconds"),
    "played_ms": ("msplayed", "playedms"),
    "count": names.COUNT,
    "path": names.FILE,
}
_KNOWN = {name: column for column, known in COLUMNS.items() for name in known}
_DELIMITERS = "\t,;|"
_KEY = "plays.history.columns"


class Layout(NamedTuple):
    """What parts the columns, the header (None without one), and the places of the columns that are known, from 0."""

    delimiter: str
    header: list[str] | None
    places: dict[str, int]


def layout_of(first: str, options: Mapping[str, Any], name: object) -> Layout:
    """Find the layout of a table of events from its first line.

    Parameters
    ----------
    options : ``columns``, ``header`` and ``delimiter``, as in ``options.DEFAULTS``
    name : of the file, for messages

    Raises
    ------
    InputError
        Columns are not there, or the time, the artist or the title is not known (a line each).
    """
    delimiter = options.get("delimiter") or header_delimiter(first.rstrip("\r\n")) or _commonest(first)
    header = None
    if options.get("header", True):
        found = next((fields for _, _, fields in fields_of([first], delimiter)), None)
        header = [text.strip() for text in found] if isinstance(found, list) else None
        if header is None:
            raise InputError(f"{name}: the first line is no header: {first[:80]!r}")
    return Layout(delimiter, header, _places(header, options.get("columns") or {}, name))


def check_events(path: Path, options: Mapping[str, Any]) -> None:
    """Look the columns up in the first line of a table of events.

    Of a folder or an archive, the first file is looked at where ``options`` name columns: else its files are tables of
    events only if their columns are known.

    Raises
    ------
    InputError
        As `layout_of`; or the file is damaged.
    """
    member = next(members(path), None)
    if member and (member.name == str(path) or options.get("columns")):
        if member.damage:
            raise member.damage
        first = next(text_lines(member.stream, member.name, options.get("encoding") or "utf-8"), "")
        layout_of(first, options, member.name)


def known_columns(header: Sequence[str]) -> dict[str, int]:
    """Return the places of the columns known by their names, each the first of its kind."""
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        column = _KNOWN.get(bare(name))
        if column:
            places.setdefault(column, place)
    return places


def header_delimiter(line: str) -> str | None:
    """Return the delimiter by which a header has the columns that are needed."""
    for delimiter in _DELIMITERS:
        if set(NEEDED) <= known_columns(line.split(delimiter)).keys():
            return delimiter
    return None


def _commonest(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _places(header: list[str] | None, given: Mapping[str, str | int | None], name: object) -> dict[str, int]:
    wanted = {column: place for column, place in given.items() if place is not None}
    found = find_columns([(f"{_KEY}.{column}", place) for column, place in wanted.items()], header, name)
    places = dict(zip(wanted, found, strict=True))
    for column, place in known_columns(header or []).items():
        if column not in given and place not in places.values():
            places[column] = place
    if missing := [column for column in NEEDED if column not in places]:
        has = f"It has {', '.join(map(repr, header[:30]))}" if header else "It is read without a header"
        told = [f"{_KEY}.{one}: no column of {name} is known as the {one}: name it here. {has}" for one in missing]
        raise InputError("\n".join(told))
    return places
