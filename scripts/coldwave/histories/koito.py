"""Koito: its export as JSON."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coldwave.histories.json_text import elements, head_elements, records_of
from coldwave.histories.listens import Batch, gather
from coldwave.histories.members import Member
from coldwave.histories.parts import read_parts
from coldwave.histories.values import inner, length_of, number_of, seconds_of, text_of
from coldwave.plays.identifiers import mbid_of

WORDS = "Koito's export: JSON with listens"


def recognises(path: Path | None, head: bytes) -> bool:
    """Return whether a file holds listens of Koito."""
    if head.lstrip()[:1] != b"{":
        return False
    return any(key == "listens" and "aliases" in inner(value, "track") for key, value in head_elements(head))


def read_koito(path: Path, options: Mapping[str, Any]) -> Iterator[Batch]:
    """Read listens; the export names its user once.

    Raises
    ------
    InputError
        The path is missing, damaged or not whole.
    """
    return read_parts(path, recognises, _read, WORDS)


def listen(record: dict[str, Any], user: Any = None) -> dict[str, Any]:
    """Return the columns of a listen. Names stand among aliases: the primary one is the name.

    Raises
    ------
    NotAListen
        It has no time, or something in it is not text.
    """
    track, artists = inner(record, "track"), record.get("artists")
    names = [_name(artist) for artist in artists] if isinstance(artists, list) else []
    return {
        "user_id": text_of(user),
        "time": seconds_of(record.get("listened_at")),
        "artist": ", ".join(filter(None, names)) or None,
        "title": _name(track),
        "album": _name(inner(record, "album")),
        "recording_mbid": mbid_of(track.get("mbid")),
        "duration": length_of(number_of(track.get("duration"))),
    }


def _name(thing: Any) -> str | None:
    aliases = thing.get("aliases") if isinstance(thing, dict) else None
    for alias in aliases if isinstance(aliases, list) else []:
        if isinstance(alias, dict) and alias.get("is_primary"):
            return text_of(alias.get("alias"))
    return None


def _read(member: Member) -> Iterator[Batch]:
    user = next((value for key, value in head_elements(member.head) if key == "user"), None)
    listens = (value for key, value in elements(member.stream, member.name) if key == "listens")
    return gather(member.name, records_of(listens), lambda record: listen(record, user))
