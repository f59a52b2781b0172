"""ListenBrainz: a user's export (a zip, its folder, one file of it, the old array) and the dump of all users."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coldwave.histories.json_text import elements, head_elements, object_of, records_of
from coldwave.histories.lines import head_lines, text_lines
from coldwave.histories.listens import PLAYING_NOW, Batch, Record, gather
from coldwave.histories.members import Member
from coldwave.histories.parts import read_parts
from coldwave.histories.values import (
    inner,
    isrc_of,
    length_of,
    number_of,
    seconds_of,
    text_of,
    thousandths,
)
from coldwave.plays.identifiers import mbid_of

WORDS = "listens of ListenBrainz: the export's zip or folder, its JSON lines, the old JSON array, or the full dump"


def recognises(path: Path | None, head: bytes) -> bool:
    """Return whether a file holds listens: the feedback and pinned songs of an export are none."""
    if head.lstrip()[:1] == b"[":
        return any(_is_listen(element) for _, element in head_elements(head))
    return any(_is_listen(object_of(line)) for line in head_lines(head)[:50] if line.startswith("{"))


def read_listenbrainz(path: Path, options: Mapping[str, Any]) -> Iterator[Batch]:
    """Read listens. Of an export, ``user.json`` names the user; in a dump, each line does.

    Raises
    ------
    InputError
        The path is missing, damaged or not whole.
    """
    user = None

    def read(member: Member) -> Iterator[Batch]:
        nonlocal user
        if named := _user(member.head):
            user = named
            return iter(())
        return gather(member.name, _records(member), lambda record: listen(record, user))

    return read_parts(path, lambda path, head: bool(_user(head)) or recognises(path, head), read, WORDS)


def listen(record: dict[str, Any], user: str | None = None) -> dict[str, Any]:
    """Return the columns of a listen.

    Raises
    ------
    NotAListen
        It has no time, or something in it is not text.
    """
    track = inner(record, "track_metadata")
    info = inner(track, "additional_info")
    time = record.get("listened_at", record.get("timestamp"))
    duration = thousandths(info.get("duration_ms")) or number_of(info.get("duration"))
    played = thousandths(info.get("ms_played"))
    playing_now = time is None and bool(record.get("playing_now"))
    return {
        "user_id": text_of(record.get("user_name")) or text_of(record.get("user_id")) or user,
        "time": None if playing_now else seconds_of(time),
        "artist": text_of(track.get("artist_name")),
        "title": text_of(track.get("track_name")),
        "album": text_of(track.get("release_name")),
        "recording_mbid": mbid_of(info.get("recording_mbid")),
        "mapped_mbid": mbid_of(inner(track, "mbid_mapping").get("recording_mbid")),
        "isrc": isrc_of(info.get("isrc")),
        "duration": length_of(duration),
        "played": number_of(info.get("duration_played")) if played is None else played,
        "left_out": PLAYING_NOW if playing_now else None,
    }


def _records(member: Member) -> Iterator[Record]:
    if member.head.lstrip()[:1] == b"[":
        yield from records_of(element for _, element in elements(member.stream, member.name))
        return
    for number, line in enumerate(text_lines(member.stream, member.name), start=1):
        if line := line.strip():
            yield number, line, object_of(line)


def _is_listen(record: Any) -> bool:
    if not isinstance(record, dict) or not isinstance(record.get("track_metadata"), dict):
        return False
    return "listened_at" in record or "timestamp" in record


def _user(head: bytes) -> str | None:
    """Return the name in an export's user.json; None if these are the bytes of another file."""
    if len(head) > 1000 or b'"username"' not in head:
        return None
    try:
        record = json.loads(head)
    except (ValueError, RecursionError):
        return None
    return text_of(record.get("username")) if isinstance(record, dict) and "user_id" in record else None
