"""Play counts as pairs of a user and a song, gathered from batches in a few bytes a row."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from coldwave.plays.codes import Codes
from coldwave.plays.counts import LARGEST
from coldwave.plays.encoded import Encoded

FOLD_ROWS = 1 << 26  # 768 MiB


@dataclass(frozen=True)
class Pairs:
    """Unique pairs, sorted by user, then song.

    ``user``, ``song`` and ``count`` are u32 [pairs]; the first two are positions in ``user_ids`` and ``song_ids``,
    which are sorted, bytewise.
    """

    user: np.ndarray
    song: np.ndarray
    count: np.ndarray
    user_ids: pl.Series
    song_ids: pl.Series


class Gatherer:
    """Gathers (user, song, count) rows; 12 bytes are kept for each, and every id once.

    Repeated pairs are summed from time to time, so that memory grows with the number of pairs, not of lines.
    """

    def __init__(self, fold_rows: int = FOLD_ROWS) -> None:
        self._users, self._songs = Codes(), Codes()
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._kept, self._fold_rows, self._fold_at = 0, fold_rows, fold_rows
        self._largest = 0  # count of a row
        self.rows = 0

    def add(self, user: Encoded, song: Encoded, count: pl.Series) -> None:
        """Add rows: ids of users and of songs, and counts u32."""
        if rows := len(count):
            self._parts.append((self._users.encode(user), self._songs.encode(song), count.to_numpy()))
            self._largest = max(self._largest, count.max())
            self.rows += rows
            self._kept += rows
            if self._kept >= self._fold_at:
                self._fold()

    def _fold(self) -> None:
        """Sum repeated pairs; do so again when there are twice as many rows as are left now."""
        places = [np.arange(codes.size, dtype=np.uint32) for codes in (self._users, self._songs)]
        key, count = self._summed(*places)
        self._parts.append((*self._split(key), count))
        self._largest = int(count.max())
        self._kept = len(key)
        self._fold_at = max(self._fold_rows, 2 * len(key))

    def _summed(self, user_place: np.ndarray, song_place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sum the parts' pairs, with users and songs in these places. No part is left afterwards.

        Returns the unique keys u64 [pairs], sorted, which `_split` takes apart, and the sums u64 of their counts.
        """
        shift = self._shift()
        free = np.uint64(64 - int(shift) - (self._users.size - 1).bit_length())
        packs = self._largest < 1 << int(free)  # a key and its count in one number: numbers alone sort fastest
        key, count = np.empty(self._kept, dtype=np.uint64), np.empty(0 if packs else self._kept, dtype=np.uint64)
        end = self._kept
        while self._parts:  # each part is freed once it is copied
            users, songs, counts = self._parts.pop()
            part = slice(end - len(users), end)
            np.left_shift(user_place[users], shift, out=key[part], dtype=np.uint64)
            key[part] |= song_place[songs]
            if packs:
                key[part] <<= free
                key[part] |= counts
            else:
                count[part] = counts
            end = part.start
        if packs:
            key = pl.Series(key).sort().to_numpy()
            count = key & np.uint64((1 << int(free)) - 1)
            key = key >> free
        else:
            order = np.argsort(key)
            key, count = key[order], count[order]
        first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))  # where each key begins
        return (key, count) if len(first) == len(key) else (key[first], np.add.reduceat(count, first))

    def _shift(self) -> np.uint64:
        """The number of bits that a song takes in a key."""
        return np.uint64((self._songs.size - 1).bit_length())

    def _split(self, key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the users u32 and songs u32 of keys."""
        shift = self._shift()
        songs = key.astype(np.uint32) & np.uint32((1 << int(shift)) - 1)
        return (key >> shift).astype(np.uint32), songs

    def pairs(self) -> tuple[Pairs, pl.DataFrame]:
        """Sum repeated pairs. The gatherer is empty afterwards.

        Returns
        -------
        Pairs
            The same for every order of the rows.
        DataFrame
            user_id, song_id, plays (u64): pairs left out because their sum does not fit a count.
        """
        user_ids, user_place = self._users.sorted_ids()
        song_ids, song_place = self._songs.sorted_ids()
        key, count = self._summed(user_place, song_place)
        user, song = self._split(key)
        self.rows = self._kept = 0
        fits = count <= LARGEST
        over = ~fits
        too_many = pl.DataFrame(
            {"user_id": user_ids.gather(user[over]), "song_id": song_ids.gather(song[over]), "plays": count[over]}
        )
        if too_many.height:
            user, song, count = user[fits], song[fits], count[fits]
        return Pairs(user, song, count.astype(np.uint32), user_ids, song_ids), too_many
