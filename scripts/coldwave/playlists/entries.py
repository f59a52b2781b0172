"""A song of a playlist, and a song that a format cannot hold."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Recipe = dict[str, Any]  # how a playlist was made: anything that JSON holds


class Entry(NamedTuple):
    """One song. What is not known is None; ``seconds`` is its length, ``audio`` its file."""

    song_id: str
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    seconds: float | None = None
    audio: Path | None = None
    recording_mbid: str | None = None


class LeftOut(NamedTuple):
    """A song that is not in the file, and why."""

    entry: Entry
    reason: str


Locate = Callable[[Path], str]  # from an audio file to its path in the playlist


class Format(NamedTuple):
    """How to write one kind of playlist, and how to find the recipe in one.

    ``write`` takes the name, the songs, the recipe and how a song's path is written, and returns the file's content and
    the songs left out. ``recipe`` takes a file's content and returns the recipe as JSON, None where there is none; it
    raises ValueError where the content is not such a playlist.
    """

    write: Callable[[str, Sequence[Entry], Recipe | None, Locate], tuple[bytes, list[LeftOut]]]
    recipe: Callable[[bytes], str | None]
