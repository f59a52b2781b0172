"""The plays and the split of a run, by id."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from coldwave.files import expecting_table, read_table
from coldwave.split.parts import TEST
from coldwave.use.files import RunFiles


def songs_of(files: RunFiles) -> pl.DataFrame:
    """Read the songs: table ``song``, ``song_id``, ``part``, row n that of song n."""
    split = read_table(files.path("split/split.parquet"), ["song", "part"])
    return files.songs.select("song", "song_id").join(split, on="song", how="left", maintain_order="left")


def users_of(files: RunFiles) -> pl.DataFrame:
    """Read the users: table ``user``, ``user_id``, row n that of user n."""
    return read_table(files.path("plays/users.parquet"), ["user", "user_id"])


def plays_of(files: RunFiles, name: str = "plays/plays.parquet") -> pl.LazyFrame:
    """Scan the plays: table ``user``, ``song``, ``count``, sorted by user and song."""
    with expecting_table(path := files.path(name)):
        plays = pl.scan_parquet(path, glob=False)
        plays.collect_schema()
    return plays.select("user", "song", "count")


def named_plays(
    plays: pl.LazyFrame, users: pl.DataFrame, songs: pl.DataFrame, parts: Iterable[str] | None = None
) -> pl.LazyFrame:
    """Give plays the other columns of their users and songs, in the same order; keep those of songs in some parts."""
    if parts is not None:
        songs = songs.filter(pl.col("part").is_in(list(parts)))
    found = plays.join(songs.lazy(), on="song", how="inner", maintain_order="left")
    return found.join(users.lazy(), on="user", how="left", maintain_order="left")


def test_songs(songs: pl.DataFrame) -> np.ndarray:
    """List the numbers of the test songs: int64, ascending."""
    return np.flatnonzero((songs["part"] == TEST).to_numpy())


def users_with_test_plays(plays: pl.LazyFrame, songs: pl.DataFrame) -> np.ndarray:
    """List the users who have played a test song, whom the run's tables are about: int64, ascending."""
    tested = songs.filter(part=TEST).select("song").lazy()
    found = plays.select("user", "song").join(tested, on="song", how="semi").select(pl.col("user").unique())
    return np.sort(found.collect()["user"].to_numpy()).astype(np.int64)
