"""Any table of events: delimited text with columns for the time, the artist and the title, and perhaps others."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from coldwave.histories import lastfm
from coldwave.histories.columns import header_delimiter, known_columns, layout_of
from coldwave.histories.lines import fields_of, head_lines, text_lines
from coldwave.histories.listens import Batch, Record, gather
from coldwave.histories.members import Member
from coldwave.histories.parts import read_parts
from coldwave.histories.values import (
    UTC,
    NotAListen,
    isrc_of,
    length_of,
    number_of,
    seconds_of,
    text_of,
    thousandths,
)
from coldwave.plays.columns import bare
from coldwave.plays.counts import LARGEST
from coldwave.plays.identifiers import mbid_of

WORDS = "any table of time, artist and title, delimited by TAB, comma, semicolon or bar, with a header"
NOT_A_COUNT = "count is not a whole number above 0"

_CLOCK = re.compile(r"\d:\d\d|^\d{9,}(\.\d*)?$")  # a time of day, or Unix seconds: a release date has neither


def recognises(path: Path | None, head: bytes) -> bool:
    """Return whether a file is a table with a header that names a time, an artist and a title.

    Its times must be times of day or Unix seconds, and it must have no column ``song_id``: else it is a table of
    songs, with their release dates.
    """
    if lastfm.recognises(path, head):
        return False
    lines = head_lines(head)
    delimiter = header_delimiter(lines[0])
    if delimiter is None:
        return False
    header = next((fields for _, _, fields in fields_of(lines[:1], delimiter)), None)
    if not isinstance(header, list) or any(bare(name) == "songid" for name in header):
        return False
    place = known_columns(header)["time"]
    rows = [fields for _, _, fields in fields_of(lines[1:50], delimiter, len(header)) if isinstance(fields, list)]
    return sum(bool(_CLOCK.search(fields[place].strip())) for fields in rows) * 2 > len(rows)


def read_events(path: Path, options: Mapping[str, Any]) -> Iterator[Batch]:
    """Read events.

    Parameters
    ----------
    options : ``columns`` (names or numbers from 1, by ``columns.COLUMNS``; those not given are known by their names),
        ``header`` (true), ``delimiter`` (seen from the header), ``encoding`` (utf-8), ``timezone`` (of times that do
        not say theirs: UTC)

    Raises
    ------
    InputError
        The path is missing or damaged, or columns are not found.
    """
    given = options.get("columns") or {}

    def is_ours(path: Path | None, head: bytes) -> bool:
        return bool(given) or recognises(path, head)

    return read_parts(path, is_ours, lambda member: _read(member, options), WORDS)


def listen(fields: Sequence[str], places: Mapping[str, int], zone: Any = UTC) -> dict[str, Any]:
    """Return the columns of an event.

    Parameters
    ----------
    places : of the columns among the fields, from 0

    Raises
    ------
    NotAListen
        It has no time, its count is none, or something in it is not text.
    """
    row = {name: fields[place] for name, place in places.items() if place < len(fields)}
    count = number_of(row.get("count", "1"))
    if count is None or count < 1 or count != int(count) or count > LARGEST:
        raise NotAListen(NOT_A_COUNT)
    played = thousandths(row.get("played_ms"))
    duration = thousandths(row.get("duration_ms"))
    return {
        "user_id": text_of(row.get("user")),
        "time": seconds_of(row.get("time"), zone),
        "artist": text_of(row.get("artist")),
        "title": text_of(row.get("title")),
        "album": text_of(row.get("album")),
        "recording_mbid": mbid_of(row.get("recording_mbid")),
        "isrc": isrc_of(row.get("isrc")),
        "duration": length_of(number_of(row.get("duration")) if duration is None else duration),
        "played": number_of(row.get("played")) if played is None else played,
        "count": int(count),
        "path": text_of(row.get("path")),
    }


def _read(member: Member, options: Mapping[str, Any]) -> Iterator[Batch]:
    zone = options.get("timezone") or UTC
    encoding = options.get("encoding") or "utf-8"
    lines = text_lines(member.stream, member.name, encoding)
    first = next(lines, "")
    delimiter, header, places = layout_of(first, options, member.name)
    return gather(member.name, _records(first, lines, delimiter, header), lambda fields: listen(fields, places, zone))


def _records(first: str, lines: Iterator[str], delimiter: str, header: list[str] | None) -> Iterator[Record]:
    def every_line() -> Iterator[str]:
        yield first
        yield from lines

    for number, text, fields in fields_of(every_line(), delimiter, len(header) if header else None):
        if not (header and number == 1):
            yield number, text, fields
