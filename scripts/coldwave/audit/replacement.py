"""Replace all data of some songs by that of others: a learner that does not use those songs cannot notice.

``replaced`` are the songs whose data is replaced, and ``donors`` the songs whose data they get: int [n] each, no song
in both. Large arrays are not copied: frames are replaced in the index that says where a song's frames are.
"""

import numpy as np
import polars as pl


def donors_for(replaced: np.ndarray, others: np.ndarray, seed: int) -> np.ndarray:
    """Draw a donor for each song to replace: int [replaced]."""
    return np.random.default_rng(seed).choice(others, len(replaced), replace=len(replaced) > len(others))


def other_plays(plays: pl.DataFrame, replaced: np.ndarray, users: int, seed: int) -> pl.DataFrame:
    """Give the plays of some songs to users drawn at random, and shuffle their counts.

    Each song keeps about as many users; pairs stay unique and sorted, and no other song's row changes.

    Parameters
    ----------
    plays : table ``user``, ``song``, ``count``
    """
    generator = np.random.default_rng(seed)
    chosen = pl.col("song").is_in(pl.Series(replaced, dtype=pl.UInt32).implode())
    rows = plays.filter(chosen)
    drawn = rows.with_columns(
        user=pl.Series(generator.integers(users, size=len(rows)), dtype=pl.UInt32),
        count=pl.Series(1 + generator.permutation(rows["count"].to_numpy()), dtype=pl.UInt32),
    )
    dealt = drawn.unique(["user", "song"], keep="first", maintain_order=True)
    return pl.concat([plays.filter(~chosen), dealt]).sort("user", "song")


def other_rows(array: np.ndarray, replaced: np.ndarray, donors: np.ndarray) -> np.ndarray:
    """Replace some rows by those of donors, changed a little: same shape and type as ``array``, axis 0 the songs."""
    changed = np.array(array)
    changed[replaced] = array[donors] + np.asarray(0.25, dtype=array.dtype)
    return changed


def other_table_rows(table: pl.DataFrame, replaced: np.ndarray, donors: np.ndarray, keep: list[str]) -> pl.DataFrame:
    """Replace some rows of a table, whose row n is song n, by those of donors, except for the columns ``keep``."""
    source = np.arange(len(table))
    source[replaced] = donors
    return table[source].with_columns(table.select(keep)).select(table.columns)


def other_counts(shards: list[pl.DataFrame], replaced: list[str], donors: list[str]) -> list[pl.DataFrame]:
    """Replace the words of some songs by those of donors, one more of each: tables ``song_id``, ``word``, ``count``.

    Each song stays in its shard: learners add up shard by shard, and their last digits follow from the order.
    """
    moved = pl.DataFrame({"song_id": donors, "to": replaced}).join(pl.concat(shards), on="song_id", how="inner")
    given = moved.select(pl.col("to").alias("song_id"), "word", pl.col("count") + 1).cast(dict(shards[0].schema))
    gone = pl.col("song_id").is_in(replaced)
    return [pl.concat([shard.filter(~gone), given.join(shard, on="song_id", how="semi")]) for shard in shards]
