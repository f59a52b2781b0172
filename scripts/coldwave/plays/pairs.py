"""Play counts as pairs of a user and a song, gathered from batches in a few bytes a row."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from coldwave.plays.counts import LARGEST

FOLD_ROWS = 1 << 26  # 1 GiB


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


def _summed(key: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the unique keys u64, sorted, and the sums u64 of their counts."""
    order = np.argsort(key)
    key, count = key[order], count[order]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))  # where each key begins
    if len(first) == len(key):
        return key, count
    return key[first], np.add.reduceat(count, first)


class Codes:
    """Numbers ids in the order of their arrival, so that a row keeps 4 bytes for its id."""

    def __init__(self) -> None:
        self._known = pl.DataFrame(schema={"id": pl.String, "code": pl.UInt32})

    def encode(self, ids: pl.Series) -> np.ndarray:
        """Return the codes u32 [n] of ids [n]; new ids get the next codes."""
        here = ids.unique().to_frame("id").join(self._known, on="id", how="left")
        new = here.filter(pl.col("code").is_null()).select("id")
        if new.height:
            start = self._known.height
            new = pl.DataFrame({"id": new["id"].to_arrow()})  # a copy, so that the whole batch is not kept for it
            new = new.with_columns(pl.int_range(start, start + pl.len(), dtype=pl.UInt32).alias("code"))
            self._known = pl.concat([self._known, new])
            here = pl.concat([here.filter(pl.col("code").is_not_null()), new])
        return ids.to_frame("id").join(here, on="id", how="left", maintain_order="left")["code"].to_numpy()

    def sorted_ids(self) -> tuple[pl.Series, np.ndarray]:
        """Return the ids, sorted bytewise, and the position u32 of each code among them."""
        known = self._known.sort("id")
        position = np.empty(known.height, dtype=np.uint32)
        position[known["code"].to_numpy()] = np.arange(known.height, dtype=np.uint32)
        return known["id"], position


class Gatherer:
    """Gathers (user_id, song_id, count) rows; 16 bytes are kept for each, and every id once.

    Repeated pairs are summed from time to time, so that memory grows with the number of pairs, not of lines.
    """

    def __init__(self, fold_rows: int = FOLD_ROWS) -> None:
        self._users, self._songs = Codes(), Codes()
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._kept, self._fold_rows, self._fold_at = 0, fold_rows, fold_rows
        self.rows = 0

    def add(self, plays: pl.DataFrame) -> None:
        """Add rows (user_id, song_id, count u32)."""
        if plays.height:
            codes = self._users.encode(plays["user_id"]), self._songs.encode(plays["song_id"])
            self._parts.append((*codes, plays["count"].to_numpy().astype(np.uint64)))
            self.rows += plays.height
            self._kept += plays.height
            if self._kept >= self._fold_at:
                self._fold()

    def _fold(self) -> None:
        """Sum repeated pairs; do so again when there are twice as many rows as are left now."""
        users, songs, counts = (np.concatenate([part[place] for part in self._parts]) for place in range(3))
        self._parts.clear()
        key, counts = _summed(users.astype(np.uint64) << np.uint64(32) | songs, counts)
        self._parts.append(((key >> np.uint64(32)).astype(np.uint32), key.astype(np.uint32), counts))
        self._kept = len(key)
        self._fold_at = max(self._fold_rows, 2 * len(key))

    def pairs(self) -> tuple[Pairs, pl.DataFrame]:
        """Sum repeated pairs. The gatherer is empty afterwards.

        Returns
        -------
        Pairs
            The same for every order of the rows.
        DataFrame
            user_id, song_id, plays (u64): pairs left out because their sum does not fit a count.
        """
        user_ids, user_position = self._users.sorted_ids()
        song_ids, song_position = self._songs.sorted_ids()
        key, count = np.empty(self._kept, dtype=np.uint64), np.empty(self._kept, dtype=np.uint64)
        end = self._kept
        while self._parts:  # each part is freed once it is copied
            users, songs, counts = self._parts.pop()
            part = slice(end - len(users), end)
            key[part] = user_position[users].astype(np.uint64) << np.uint64(32) | song_position[songs]
            count[part] = counts
            end = part.start
        key, count = _summed(key, count)
        fits = count <= LARGEST
        over = key[~fits]
        too_many = pl.DataFrame(
            {
                "user_id": user_ids.gather(over >> np.uint64(32)),
                "song_id": song_ids.gather(over & np.uint64(LARGEST)),
                "plays": count[~fits],
            }
        )
        if over.size:
            key, count = key[fits], count[fits]
        user, song = (key >> np.uint64(32)).astype(np.uint32), key.astype(np.uint32)
        self.rows = self._kept = 0
        return Pairs(user, song, count.astype(np.uint32), user_ids, song_ids), too_many
