"""Play counts as pairs of a user and a song, gathered from batches in a few bytes a row."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from coldwave.plays.counts import LARGEST


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


class Codes:
    """Gives each new id the next number, so that a row keeps 4 bytes of its id."""

    def __init__(self) -> None:
        self._known = pl.DataFrame(schema={"id": pl.String, "code": pl.UInt32})

    def encode(self, ids: pl.Series) -> np.ndarray:
        """Give the codes u32 [n] of ids [n], those seen for the first time included."""
        here = ids.unique().to_frame("id").join(self._known, on="id", how="left")
        new = here.filter(pl.col("code").is_null()).select("id")
        if new.height:
            start = self._known.height
            new = new.with_columns(pl.int_range(start, start + pl.len(), dtype=pl.UInt32).alias("code"))
            self._known = pl.concat([self._known, new])
            here = pl.concat([here.filter(pl.col("code").is_not_null()), new])
        return ids.to_frame("id").join(here, on="id", how="left", maintain_order="left")["code"].to_numpy()

    def sorted_ids(self) -> tuple[pl.Series, np.ndarray]:
        """Give the ids, sorted bytewise, and the position u32 among them of each code."""
        known = self._known.sort("id")
        position = np.empty(known.height, dtype=np.uint32)
        position[known["code"].to_numpy()] = np.arange(known.height, dtype=np.uint32)
        return known["id"], position


class Gatherer:
    """Gathers (user_id, song_id, count) rows; 12 bytes are kept for each, and every id once."""

    def __init__(self) -> None:
        self._users, self._songs = Codes(), Codes()
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.rows = 0

    def add(self, plays: pl.DataFrame) -> None:
        """Add rows (user_id, song_id, count u32)."""
        if plays.height:
            codes = self._users.encode(plays["user_id"]), self._songs.encode(plays["song_id"])
            self._parts.append((*codes, plays["count"].to_numpy()))
            self.rows += plays.height

    def pairs(self) -> tuple[Pairs, pl.DataFrame]:
        """Sum repeated pairs. The gatherer is empty afterwards.

        Returns
        -------
        Pairs
            Whatever the order of the rows was, the same.
        DataFrame
            user_id, song_id, plays (u64): pairs left out because their sum does not fit a count.
        """
        user_ids, user_position = self._users.sorted_ids()
        song_ids, song_position = self._songs.sorted_ids()
        key, count = np.empty(self.rows, dtype=np.uint64), np.empty(self.rows, dtype=np.uint32)
        end = self.rows
        while self._parts:  # each part is let go once it is copied
            users, songs, counts = self._parts.pop()
            part = slice(end - len(users), end)
            key[part] = user_position[users].astype(np.uint64) << np.uint64(32) | song_position[songs]
            count[part] = counts
            end = part.start
        order = np.argsort(key)
        key, count = key[order], count[order]
        del order
        first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))  # where another pair begins
        key = key[first]
        if len(first) < len(count):
            count = np.add.reduceat(count, first, dtype=np.uint64)
        fits = count <= LARGEST
        over = key[~fits]
        too_many = pl.DataFrame(
            {
                "user_id": user_ids.gather(over >> np.uint64(32)),
                "song_id": song_ids.gather(over & np.uint64(LARGEST)),
                "plays": count[~fits].astype(np.uint64),
            }
        )
        if over.size:
            key, count = key[fits], count[fits]
        user, song = (key >> np.uint64(32)).astype(np.uint32), key.astype(np.uint32)
        self.rows = 0
        return Pairs(user, song, count.astype(np.uint32), user_ids, song_ids), too_many
