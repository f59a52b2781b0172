"""Which songs may be recommended: those not yet played, some that are named, and none that are excluded."""

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.matching.names import keys

UNHEARD, ALL, NOBODY = "unheard", "all", "nobody"


def candidates(songs: pl.DataFrame, played: np.ndarray, among: str | Sequence[str]) -> np.ndarray:
    """Mark the songs that may be recommended: bool [songs].

    Parameters
    ----------
    songs : table ``song_id``, ``users``; played : int, those that the listener has played
    among : "unheard": not by the listener; "nobody": nor by anybody; "all"; or ids of songs, of which those unheard

    Raises
    ------
    InputError
        It is none of these, or the run has no such song.
    """
    unheard = np.ones(songs.height, dtype=bool)
    unheard[played] = False
    if not isinstance(among, str):
        wanted = pl.Series(list(among), dtype=pl.String)
        if len(unknown := wanted.filter(~wanted.is_in(songs["song_id"].implode()))):
            raise InputError(f"among: the run has no song {unknown[0]!r} (and lacks {len(unknown) - 1:,} others)")
        return unheard & songs["song_id"].is_in(wanted.implode()).to_numpy()
    if among not in (UNHEARD, ALL, NOBODY):
        raise InputError(f"among: {among!r} is none of unheard, all, nobody, and no list of song ids")
    if among == ALL:
        return np.ones(songs.height, dtype=bool)
    return unheard & (songs["users"].to_numpy() == 0) if among == NOBODY else unheard


def excluded(songs: pl.DataFrame, exclude: Iterable[str]) -> np.ndarray:
    """Mark the songs that have one of some ids, artists, albums, tags, or folders or files of audio: bool [songs].

    Artists, albums and tags are compared as a history's tracks are: case, accents and punctuation do not matter. Ids
    and paths are compared as they stand; a folder may be one of the songs' ids as well.

    Raises
    ------
    InputError
        One of them is empty, or fits no song.
    """
    exclude = [exclude] if isinstance(exclude, str) else list(exclude)
    found = np.zeros(songs.height, dtype=bool)
    if not exclude:  # names take seconds to fold in a large run
        return found
    tags = songs.with_row_index("row").select("row", "tags").explode("tags").drop_nulls()
    tags = tags.with_columns(key=keys(tags["tags"]))
    known = songs.select("song_id", "audio").with_columns(artist=keys(songs["artist"]), album=keys(songs["album"]))
    for name in exclude:
        if not name.strip("/ "):
            raise InputError(f"exclude: {name!r} names nothing; give an artist, album, tag, folder or song id")
        key, below = keys(pl.Series([name]))[0], name.rstrip("/") + "/"
        fits = (
            (pl.col("song_id") == name)
            | (pl.col("artist") == key)
            | (pl.col("album") == key)
            | (pl.col("audio") == name)
            | pl.col("audio").str.starts_with(below)
            | pl.col("song_id").str.starts_with(below)
        )
        marked = known.select(fits.fill_null(False))[:, 0].to_numpy().copy()
        marked[tags.filter(pl.col("key") == key)["row"]] = True
        if not marked.any():
            raise InputError(f"exclude: no song has the id, artist, album, tag or audio path {name!r}")
        found |= marked
    return found
