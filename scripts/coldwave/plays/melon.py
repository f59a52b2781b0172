"""Playlists as plays: the Melon Playlist Dataset's ``train.json``, whose playlists are the users."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.plays.batches import EMPTY_USER, Batch
from coldwave.plays.columns import BLANKS
from coldwave.plays.encoded import Encoded
from coldwave.plays.json_songs import json_songs
from coldwave.plays.rejections import rejected_rows
from coldwave.plays.streams import BLOCK_BYTES

log = logging.getLogger(__name__)

NO_SONGS = "no list of songs"
EMPTY_LIST = "no song in the playlist"
NO_ID = "a song's id is no number or text; the playlist is kept without it"
_ONE_FILE = "a folder, but plays.format: melon reads one file, train.json (plays.path)"
_LAYOUT = 'plays.format: melon reads train.json, an array of playlists {"id": …, "songs": [ids]}'
SONGS_AT_ONCE = 1 << 18


def read_melon(
    path: Path, table: Mapping[str, Any], block_bytes: int = BLOCK_BYTES, threads: int = 1
) -> Iterator[Batch]:
    """Read a JSON array of playlists ``{"id": …, "songs": [ids], …}``; each song of a playlist is one play.

    A line is a playlist, counted from 1. ``table`` is not used: playlists tell no times of plays.

    Raises
    ------
    InputError
        The file is missing, a folder, or not the whole of a JSON array.
    """
    if path.is_dir():
        raise InputError(f"{path}: {_ONE_FILE}")
    users: list[str] = []
    sizes: list[int] = []
    songs: list[str] = []
    rejected: list[tuple[int, str, str]] = []
    begun = repeated = line = 0

    def batch() -> Batch:
        owner = pl.Series(np.repeat(np.arange(len(users), dtype=np.int32), sizes))
        user = Encoded(pl.Series(users, dtype=pl.String), owner)
        count = pl.ones(len(songs), dtype=pl.UInt32, eager=True)
        song = Encoded(pl.Series(songs, dtype=pl.String))
        return Batch(str(path), line - begun, 0, user, song, count, None, rejected_rows(str(path), rejected))

    for line, text, playlist in json_songs(path):
        told = playlist if isinstance(playlist, str) else None
        user = None if told else _id(playlist.get("id"))
        found = None if told else playlist.get("songs")
        if told or not user or not isinstance(found, list) or not found:
            why = told or (EMPTY_USER if not user else EMPTY_LIST if found == [] else NO_SONGS)
            rejected.append((line, why, text))
        else:
            ids = [_id(song) for song in found]
            kept = dict.fromkeys(filter(None, ids))
            if None in ids or "" in ids:
                rejected.append((line, NO_ID, text))
            repeated += len(ids) - len(kept)
            users.append(user)
            sizes.append(len(kept))
            songs += kept
        if len(songs) >= SONGS_AT_ONCE or len(rejected) >= SONGS_AT_ONCE:
            yield batch()
            begun = line
            for part in (users, sizes, songs, rejected):
                part.clear()
    yield batch()
    if repeated:
        log.info("%s: %s songs stand twice in a playlist, or have no id, and count once", path, f"{repeated:,}")


def _id(value: Any) -> str | None:
    """Return an id as text, empty if there is none in it; None if it is neither text nor a whole number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return str(value).strip(BLANKS)


def advice_on_melon(path: Path, reason: str, texts: list[str], table: Mapping[str, Any]) -> str:
    """Say what to do if no playlist has a song."""
    return _LAYOUT


def check_melon(path: Path) -> None:
    """Refuse a file that does not begin with a playlist, before anything is planned.

    Raises
    ------
    InputError
        As `read_melon`, or the first element is no playlist.
    """
    if path.is_dir():
        raise InputError(f"{path}: {_ONE_FILE}")
    _, text, first = next(json_songs(path), (0, "", {}))
    if isinstance(first, str) or not isinstance(first.get("songs"), list):
        raise InputError(f"{path}: the first element is no playlist: {text[:80]!r}. {_LAYOUT}")
