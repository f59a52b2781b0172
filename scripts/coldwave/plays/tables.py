"""The tables that the plays stage writes: their columns, their checks and their writers."""

from pathlib import Path

import polars as pl

from coldwave.files import write_table

PLAYS = {"user": pl.UInt32, "song": pl.UInt32, "count": pl.UInt32}
USERS = {"user": pl.UInt32, "user_id": pl.String, "songs": pl.UInt32, "plays": pl.UInt64}
SONGS = {
    "song": pl.UInt32,
    "song_id": pl.String,
    "title": pl.String,
    "artist": pl.String,
    "album": pl.String,
    "date": pl.String,
    "tags": pl.List(pl.String),
    "audio": pl.String,
    "recording_mbid": pl.String,  # several ids are separated by commas, as those of `track_mbid` and `isrc`
    "track_mbid": pl.String,  # MusicBrainz's id of the track of a release
    "isrc": pl.String,
    "seconds": pl.Float64,  # of the whole song, as the songs table or the file's header says
    "users": pl.UInt32,
    "plays": pl.UInt64,
}
FIRST_PLAY = {"first_play": pl.Float64}  # in Unix seconds, by whomever; there only where the split asks for it
REJECTED = {"source": pl.String, "line": pl.UInt64, "reason": pl.String, "text": pl.String}


def write_plays(path: str | Path, plays: pl.DataFrame) -> None:
    """Write the play counts: one row for each pair of a user and a song, sorted by both, counts above 0."""
    _check(plays["count"].min() > 0, path, "a count is 0")
    key = plays["user"].cast(pl.UInt64) * 2**32 + plays["song"]
    _check((key.diff().drop_nulls() > 0).all() and key.is_sorted(), path, "pairs are not unique and sorted")
    write_table(path, plays, PLAYS)


def write_users(path: str | Path, users: pl.DataFrame) -> None:
    """Write the users: row n is user n, sorted by id, with the number of songs and the sum of plays."""
    _check_index(path, users, "user", "user_id")
    write_table(path, users, USERS)


def write_songs(path: str | Path, songs: pl.DataFrame) -> None:
    """Write the songs: row n is song n, sorted by id. ``tags`` may be empty, not null; ``audio`` is a path or null.

    ``date`` is YYYY, YYYY-MM or YYYY-MM-DD, or null (``coldwave.plays.dates``). ``first_play`` may be left out.
    """
    _check_index(path, songs, "song", "song_id")
    _check(songs["tags"].null_count() == 0, path, "tags are null")
    write_table(path, songs, songs_schema(songs))


def songs_schema(songs: pl.DataFrame) -> dict[str, pl.DataType]:
    """The columns of the songs, ``first_play`` among them if these have it."""
    return SONGS | {name: kind for name, kind in FIRST_PLAY.items() if name in songs.columns}


def write_rejected(path: str | Path, rejected: pl.DataFrame) -> None:
    """Write what was set aside: ``line`` counts from 1 (rows, in Parquet) and is null if there is no line."""
    _check(rejected["reason"].null_count() == 0, path, "a reason is null")
    write_table(path, rejected, REJECTED)


def _check_index(path: str | Path, table: pl.DataFrame, index: str, name: str) -> None:
    _check((table[index] == pl.int_range(table.height, dtype=pl.UInt32, eager=True)).all(), path, f"{index} has gaps")
    ids = table[name]
    _check(ids.null_count() == 0 and ids.is_sorted() and ids.n_unique() == ids.len(), path, f"{name} is not sorted")


def _check(holds: bool, path: str | Path, otherwise: str) -> None:
    if not holds:
        raise ValueError(f"{path}: {otherwise}")
