"""Jellyfin: what its Playback Reporting plugin exports, lines of nine fields between TABs without a header."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coldwave.histories.lines import WRONG_FIELDS, head_lines, text_lines
from coldwave.histories.listens import NOT_MUSIC, Batch, Record, gather
from coldwave.histories.members import Member
from coldwave.histories.parts import read_parts
from coldwave.histories.values import UTC, NotAListen, number_of, seconds_of, text_of

WORDS = "the export of Jellyfin's Playback Reporting, TAB-separated"
_FIELDS = 9  # date, user, item, type, name, method, client, device, seconds
_ID = re.compile("[0-9a-fA-F]{32}")
_UNKNOWN = "Not Known"


def recognises(path: Path | None, head: bytes) -> bool:
    """Return whether a file holds played items."""
    lines = [line.split("\t") for line in head_lines(head)[:50] if line]
    return sum(map(_is_item, lines)) * 2 > len(lines)


def read_jellyfin(path: Path, options: Mapping[str, Any]) -> Iterator[Batch]:
    """Read played items; all but audio is left out. A time without a zone is in that of ``options["timezone"]``.

    Raises
    ------
    InputError
        The path is missing or damaged.
    """
    zone = options.get("timezone") or UTC
    return read_parts(
        path,
        recognises,
        lambda member: gather(member.name, _records(member), lambda fields: listen(fields, zone)),
        WORDS,
    )


def listen(fields: list[str], zone: Any = UTC) -> dict[str, Any]:
    """Return the columns of a played item.

    Raises
    ------
    NotAListen
        It has no time, or something in it is not text.
    """
    artist, title, album = names_of(fields[4])
    return {
        "user_id": text_of(fields[1]),
        "time": seconds_of(fields[0], zone),
        "artist": text_of(artist),
        "title": text_of(title),
        "album": text_of(album),
        "played": number_of(fields[8]),
        "left_out": None if fields[3] == "Audio" else NOT_MUSIC,
    }


def names_of(item: str) -> tuple[str, str, str]:
    """Take ``AlbumArtist - Title (Album)`` apart; empty where the plugin wrote that it does not know.

    The album is in the last brackets, which may hold further ones.
    """
    artist, _, rest = item.strip().partition(" - ")
    depth, begin = 0, len(rest)
    for place in range(len(rest) - 1, -1, -1):
        depth += (rest[place] == ")") - (rest[place] == "(")
        if depth <= 0:
            begin = place
            break
    has_album = rest.endswith(")") and rest[begin : begin + 1] == "("
    title, album = (rest[:begin], rest[begin + 1 : -1]) if has_album else (rest, "")
    known = ["" if name.strip() == _UNKNOWN else name.strip() for name in (artist, title, album)]
    return known[0], known[1], known[2]


def _is_item(fields: list[str]) -> bool:
    if len(fields) != _FIELDS or not _ID.fullmatch(fields[2].replace("-", "")):
        return False
    try:
        seconds_of(fields[0])
    except NotAListen:
        return False
    return not fields[0].isdigit()


def _records(member: Member) -> Iterator[Record]:
    for number, line in enumerate(text_lines(member.stream, member.name), start=1):
        if line.strip():
            text = line.rstrip("\r\n")
            fields = text.split("\t")
            yield number, text, fields if len(fields) == _FIELDS else NotAListen(WRONG_FIELDS)
