"""Songs that are the same recording: by recording id, by artist and title, or by how alike they sound."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.matching.names import artist_keys, keys

SAME = 0.01  # a distance (1 - cosine of features) below which two files are one recording
DIMENSIONS = 8  # features of fewer dimensions are alike by chance


class Names(NamedTuple):
    """By song, what is equal where names are, as histories are matched (``coldwave.matching.names``).

    Attributes
    ----------
    artists : None for a song without an artist, or of "Various Artists" and its like, who are nobody
    recordings : of artist and title; None for a song that lacks one of them
    """

    artists: list[str | None]
    recordings: list[str | None]


def names_of(songs: pl.DataFrame) -> Names:
    """Fold the names of songs: table ``artist``, ``title``."""
    artists = artist_keys(songs["artist"])
    return Names(artists.to_list(), (artists + "\0" + keys(songs["title"])).to_list())


class Recordings:
    """Recordings met so far, to tell whether a song is one of them.

    Parameters
    ----------
    names : of the songs, by number; ids : of their recordings, or None
    units : float32 [songs, d], features at unit length, NaN rows for songs without; or None
    """

    def __init__(self, names: Names, ids: list[str | None] | None, units: np.ndarray | None) -> None:
        self.artists, self._names, self._ids = names.artists, names.recordings, ids
        self._units = units if units is not None and units.shape[1] >= DIMENSIONS else None
        self._keys: set[tuple[str, str]] = set()
        self._heard = np.zeros((0, self._units.shape[1]), dtype=np.float32) if self._units is not None else None

    def add(self, songs: Iterable[int]) -> None:
        """Meet songs."""
        songs = list(songs)
        for song in songs:
            self._keys.update(self._keys_of(song))
        if self._units is not None:
            units = np.asarray(self._units[songs])
            self._heard = np.vstack((self._heard, units[np.isfinite(units).all(axis=1)]))

    def __contains__(self, song: int) -> bool:
        if not self._keys.isdisjoint(self._keys_of(song)):
            return True
        if self._units is None:
            return False
        return bool((self._heard @ self._units[song] > 1 - SAME).any())  # a comparison with NaN is false

    def _keys_of(self, song: int) -> set[tuple[str, str]]:
        found = {("name", self._names[song])}
        if self._ids is not None:
            found.add(("id", (self._ids[song] or "").strip().lower() or None))
        return {key for key in found if key[1] is not None}
