"""Play counts as pairs of a user and a song, gathered from batches in a few bytes a row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from coldwave.plays.codes import Codes
from coldwave.plays.counts import LARGEST
from coldwave.plays.encoded import Encoded
from coldwave.plays.told import Told

FOLD_ROWS = 1 << 26  # 768 MiB
SUM_ROWS = 1 << 17  # summed at once: what is made of them stays in the cache, and takes no new memory


@dataclass(frozen=True)
class Pairs:
    """Unique pairs, sorted by user, then song.

    ``user``, ``song`` and ``count`` are u32 [pairs]; the first two are positions in ``user_ids`` and ``song_ids``,
    which are sorted, bytewise. ``told`` is what plays told of the songs (`Told.table`), if anything.
    """

    user: np.ndarray
    song: np.ndarray
    count: np.ndarray
    user_ids: pl.Series
    song_ids: pl.Series
    told: pl.DataFrame | None = None


class Gatherer:
    """Gathers (user, song, count) rows; 12 bytes are kept for each, and every id once.

    Repeated pairs are summed from time to time, so that memory grows with the number of pairs, not of lines.
    """

    def __init__(self, fold_rows: int = FOLD_ROWS) -> None:
        self._users, self._songs, self._told = Codes(), Codes(), Told()
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._kept, self._fold_rows, self._fold_at = 0, fold_rows, fold_rows
        self._largest = self._plays = 0  # the largest count of a row, the sum of all
        self.rows = 0

    def add(
        self,
        user: Encoded,
        song: Encoded,
        count: pl.Series,
        time: pl.Series | None = None,
        names: Mapping[str, Encoded] | None = None,
    ) -> None:
        """Add rows: ids of users and of songs, counts u32 and, if they are told, times and the songs' names."""
        if rows := len(count):
            self._parts.append((self._users.encode(user), self._songs.encode(song), count.to_numpy()))
            self._told.add(self._parts[-1][1], self._songs.size, time, names or {})
            self._largest = max(self._largest, count.max())
            self._plays += int(self._parts[-1][2].sum(dtype=np.uint64))
            self.rows += rows
            self._kept += rows
            if self._kept >= self._fold_at:
                self._fold()

    def _fold(self) -> None:
        """Sum repeated pairs; do so again when there are twice as many rows as are left now."""
        user, song, count = self._summed(*(np.arange(codes.size, dtype="u4") for codes in (self._users, self._songs)))
        self._parts.append((user, song, count))
        self._largest = int(count.max())
        self._kept = len(count)
        self._fold_at = max(self._fold_rows, 2 * len(count))

    def _summed(self, user_place: np.ndarray, song_place: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sum the parts' pairs, with users and songs in these places. No part is left afterwards.

        Returns the users u32 and songs u32 of the unique pairs, sorted, and the sums of their counts: u32 where all
        plays together fit it, else u64.
        """
        of_song = (self._songs.size - 1).bit_length()  # bits that a song takes in a key, and then a count
        of_count = 64 - of_song - (self._users.size - 1).bit_length()
        if self._largest >> of_count:
            of_count = 0
        key = np.empty(self._kept, dtype=np.uint64)
        count = np.empty(0 if of_count else self._kept, dtype=np.uint64)
        end = self._kept
        while self._parts:  # each part is freed once it is copied
            users, songs, counts = self._parts.pop()
            part = slice(end - len(users), end)
            np.left_shift(user_place[users], np.uint64(of_song), out=key[part], dtype=np.uint64)
            key[part] |= song_place[songs]
            if of_count:  # a key and its count in one number: numbers alone sort fastest
                key[part] <<= np.uint64(of_count)
                key[part] |= counts
            else:
                count[part] = counts
            end = part.start
        if of_count:
            key = pl.Series(key).sort().to_numpy()
        else:
            order = np.argsort(key)
            key, count = key[order], count[order]
        user, song = np.empty(len(key), dtype=np.uint32), np.empty(len(key), dtype=np.uint32)
        total = np.empty(len(key), dtype=np.uint32 if self._plays <= LARGEST else np.uint64)
        made = 0
        for begin, end in _whole_runs(key, of_count):
            pair = key[begin:end] >> np.uint64(of_count)
            counts = key[begin:end] & _ones(of_count) if of_count else count[begin:end]
            first = np.flatnonzero(np.concatenate([[True], pair[1:] != pair[:-1]]))  # where each pair begins
            here, pair = slice(made, made + len(first)), pair[first]
            user[here], song[here] = pair >> np.uint64(of_song), pair & _ones(of_song)
            total[here] = np.add.reduceat(counts, first)
            made = here.stop
        return user[:made], song[:made], total[:made]

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
        told = self._told.table(song_ids, song_place)
        user, song, count = self._summed(user_place, song_place)
        self.rows = self._kept = self._largest = self._plays = 0
        fits = count <= LARGEST
        over = ~fits
        too_many = pl.DataFrame(
            {"user_id": user_ids.gather(user[over]), "song_id": song_ids.gather(song[over]), "plays": count[over]}
        )
        if too_many.height:
            user, song, count = user[fits], song[fits], count[fits]
        return Pairs(user, song, count.astype(np.uint32, copy=False), user_ids, song_ids, told), too_many


def _ones(bits: int) -> np.uint64:
    """The number of which the last bits are set, and no other."""
    return np.uint64((1 << bits) - 1)


def _whole_runs(key: np.ndarray, bits: int) -> Iterator[tuple[int, int]]:
    """Cut sorted keys into pieces of about ``SUM_ROWS``, never between two that differ in the last ``bits`` alone."""
    begin = 0
    while begin < len(key):
        last = key[min(begin + SUM_ROWS, len(key)) - 1] | _ones(bits)
        end = int(np.searchsorted(key, last, side="right"))
        yield begin, end
        begin = end
