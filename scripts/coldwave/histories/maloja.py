"""Maloja: its export as JSON, or what its API answers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coldwave.histories.json_text import elements, head_elements, records_of
from coldwave.histories.listens import Batch, gather
from coldwave.histories.members import Member
from coldwave.histories.parts import read_parts
from coldwave.histories.values import inner, length_of, number_of, seconds_of, text_of

WORDS = "Maloja's export: JSON with scrobbles"
_KEYS = ("scrobbles", "list")  # of the export, of the API
_BULLET = " • "


def recognises(path: Path | None, head: bytes) -> bool:
    """Return whether a file holds scrobbles of Maloja."""
    if head.lstrip()[:1] != b"{":
        return False
    return any(key in _KEYS and "artists" in inner(value, "track") for key, value in head_elements(head))


def read_maloja(path: Path, options: Mapping[str, Any]) -> Iterator[Batch]:
    """Read scrobbles.

    Raises
    ------
    InputError
        The path is missing, damaged or not whole.
    """
    return read_parts(path, recognises, _read, WORDS)


def listen(record: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a scrobble; ``album`` may be null.

    Raises
    ------
    NotAListen
        It has no time, or something in it is not text.
    """
    track = inner(record, "track")
    return {
        "time": seconds_of(record.get("time")),
        "artist": _artist(track.get("artists")),
        "title": text_of(track.get("title")),
        "album": text_of(inner(track, "album").get("albumtitle")),
        "duration": length_of(number_of(track.get("length"))),
        "played": length_of(number_of(record.get("duration"))),
    }


def _artist(artists: Any) -> str | None:
    """Join the artists. Maloja may list ``guest`` and ``main • guest``: the main one comes first, each once."""
    names = [name for name in map(text_of, artists if isinstance(artists, list) else []) if name]
    names.sort(key=lambda name: _BULLET not in name)
    once: dict[str, str] = {}
    for name in names:
        for part in name.split(_BULLET):
            once.setdefault(part.casefold(), part)
    return ", ".join(once.values()) or None


def _read(member: Member) -> Iterator[Batch]:
    scrobbles = (value for key, value in elements(member.stream, member.name) if key in _KEYS)
    return gather(member.name, records_of(scrobbles), listen)
