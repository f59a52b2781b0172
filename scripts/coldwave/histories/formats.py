"""The formats of histories, and how each is known by what its files hold, whatever their names."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from coldwave.errors import InputError
from coldwave.histories import events, jellyfin, koito, lastfm, listenbrainz, maloja, navidrome, spotify
from coldwave.histories.listens import Batch
from coldwave.histories.members import members

LOOKED_AT = 1000  # files of a folder: histories have fewer, and a folder of music may have any number


class History(NamedTuple):
    """How to know a file of a format by its path (None in an archive) and first bytes, how to read it, what it holds.

    ``read`` takes a path (a file, a folder or an archive) and the options.
    """

    recognises: Callable[[Path | None, bytes], bool]
    read: Callable[[Path, Mapping[str, Any]], Iterator[Batch]]
    words: str


HISTORIES = {
    "listenbrainz": History(listenbrainz.recognises, listenbrainz.read_listenbrainz, listenbrainz.WORDS),
    "lastfm": History(lastfm.recognises, lastfm.read_lastfm, lastfm.WORDS),
    "spotify": History(spotify.recognises, spotify.read_spotify, spotify.WORDS),
    "events": History(events.recognises, events.read_events, events.WORDS),
    "maloja": History(maloja.recognises, maloja.read_maloja, maloja.WORDS),
    "koito": History(koito.recognises, koito.read_koito, koito.WORDS),
    "navidrome": History(navidrome.recognises, navidrome.read_navidrome, navidrome.WORDS),
    "jellyfin": History(jellyfin.recognises, jellyfin.read_jellyfin, jellyfin.WORDS),
}


def recognise(path: Path) -> str | None:
    """Name the format of a file, of a folder or of an archive by the files in it; None if it is no history.

    Raises
    ------
    InputError
        There is no such path, it is damaged, or its files are of several formats.
    """
    found: dict[str, str] = {}
    for member in islice(members(path), LOOKED_AT):
        for name, history in HISTORIES.items():
            if name not in found and history.recognises(member.path, member.head):
                found[name] = member.name
        if found and member.streamed:
            break
    if len(found) > 1:
        (first, one), (second, other) = list(found.items())[:2]
        raise InputError(f"{path}: holds {first} ({one}) and {second} ({other}): name the format, or give them apart")
    return next(iter(found), None)
