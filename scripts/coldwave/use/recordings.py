"""Songs that are the same recording: by recording id, by artist and title, or by how alike they sound."""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np

SAME = 0.01  # a distance (1 - cosine of features) below which two files are one recording
DIMENSIONS = 8  # features of fewer dimensions are alike by chance
_ACCENTS = re.compile("[\u0300-\u036f]")  # and no marks of scripts in which they make other letters
_BETWEEN = "PSZC"  # categories of punctuation, symbols, spaces and what is not shown


def name_key(artist: str | None, title: str | None) -> str | None:
    """Fold the names of a song for comparison: case, width, accents and punctuation do not matter; None if one lacks.

    A name of nothing but punctuation stays as it is.
    """
    names = [_folded(name) for name in (artist, title) if name and name.strip()]
    return "\0".join(names) if len(names) == 2 else None


def _folded(name: str) -> str:
    bare = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", name.casefold())))
    words = "".join(" " if unicodedata.category(letter)[0] in _BETWEEN else letter for letter in bare)
    return " ".join(words.split()) or name.strip()


class Recordings:
    """Recordings met so far, to tell whether a song is one of them.

    Parameters
    ----------
    artists, titles : of the songs, by number; ids : of their recordings, or None
    units : float32 [songs, d], features at unit length, NaN rows for songs without; or None
    """

    def __init__(
        self,
        artists: list[str | None],
        titles: list[str | None],
        ids: list[str | None] | None,
        units: np.ndarray | None,
    ) -> None:
        self._artists, self._titles, self._ids = artists, titles, ids
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
        keys = {("name", name_key(self._artists[song], self._titles[song]))}
        if self._ids is not None:
            keys.add(("id", (self._ids[song] or "").strip().lower() or None))
        return {key for key in keys if key[1] is not None}
