"""Last.fm: what its exporters write, as CSV without a header or with one, or as the JSON of its API."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coldwave.histories.json_text import elements, head_elements, records_of
from coldwave.histories.lines import fields_of, head_lines, text_lines
from coldwave.histories.listens import PLAYING_NOW, Batch, Record, gather
from coldwave.histories.members import Member
from coldwave.histories.parts import read_parts
from coldwave.histories.values import NotAListen, inner, is_spoken_date, seconds_of, text_of
from coldwave.plays.identifiers import mbid_of

WORDS = "scrobbles of Last.fm: CSV of artist, album, title and date without a header, CSV with uts, or the API's JSON"
_COLUMNS = ("artist", "album", "track", "uts")  # of the CSV without a header, in its order
_NEEDED = {"uts", "artist", "track"}


def recognises(path: Path | None, head: bytes) -> bool:
    """Return whether a file holds scrobbles."""
    if _is_json(head):
        return True
    lines = head_lines(head)
    if _header(lines[0]):
        return True
    records = [fields for _, _, fields in fields_of(lines[:50], ",", 4) if not isinstance(fields, NotAListen)]
    return sum(len(fields) == 4 and is_spoken_date(fields[3]) for fields in records) * 2 > len(records)


def read_lastfm(path: Path, options: Mapping[str, Any]) -> Iterator[Batch]:
    """Read scrobbles. One without a time is playing now, and left out.

    Raises
    ------
    InputError
        The path is missing, damaged or not whole.
    """
    return read_parts(path, recognises, lambda member: gather(member.name, _records(member), listen), WORDS)


def listen(record: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a scrobble, from its row as an object, or from what the API says of it.

    ``uts`` is the time, where a row has it; the text beside it may be in another zone.

    Raises
    ------
    NotAListen
        Its time is none, or something in it is not text.
    """
    date = record.get("date")
    time = record.get("uts") or (date.get("uts") or date.get("#text") if isinstance(date, dict) else date)
    mbid = record.get("track_mbid") or record.get("mbid")
    return {
        "user_id": text_of(record.get("user")),
        "time": seconds_of(time) if time else None,
        "artist": _name(record.get("artist")),
        "title": text_of(record.get("track") or record.get("name")),
        "album": _name(record.get("album")),
        "recording_mbid": mbid_of(mbid),
        "left_out": None if time else PLAYING_NOW,
    }


def _records(member: Member) -> Iterator[Record]:
    if _is_json(member.head):
        pages = (_tracks(key, value) for key, value in elements(member.stream, member.name))
        yield from records_of(track for page in pages for track in page)
        return
    names = _header(head_lines(member.head)[0])
    lines = text_lines(member.stream, member.name)
    for number, text, fields in fields_of(lines, ",", len(names or _COLUMNS)):
        if not (names and number == 1):
            bad = isinstance(fields, NotAListen)
            yield number, text, fields if bad else dict(zip(names or _COLUMNS, fields, strict=True))


def _is_json(head: bytes) -> bool:
    return any(_is_track(track) for key, value in head_elements(head) for track in _tracks(key, value))


def _header(line: str) -> list[str] | None:
    names = [name.strip().strip('"').lower() for name in line.split(",")]
    return names if set(names) >= _NEEDED else None


def _tracks(key: str | None, value: Any) -> list[Any]:
    """Return the scrobbles of a page of the API, or a scrobble by itself; none of what stands beside them."""
    if key not in (None, "track", "recenttracks"):
        return []
    page = value.get("track") if isinstance(value, dict) and "track" in value else value
    tracks = page if isinstance(page, list) else [page]
    user = inner(value, "@attr").get("user")
    return [{"user": user} | track if isinstance(track, dict) else track for track in tracks]


def _is_track(track: Any) -> bool:
    named = isinstance(track, dict) and isinstance(track.get("artist"), dict) and "name" in track
    return named and ("date" in track or inner(track, "@attr").get("nowplaying") is not None)


def _name(value: Any) -> str | None:
    return text_of(value.get("#text") or value.get("name")) if isinstance(value, dict) else text_of(value)
