"""Songs that nobody has played: kept apart, as songs to recommend."""

from collections.abc import Callable

import polars as pl

from coldwave.split.parts import SCHEMA, UNHEARD


def split_apart(songs: pl.DataFrame, split: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """Split the songs that somebody has played, as if there were no others, which become ``unheard``.

    Parameters
    ----------
    songs : table with ``song``, ``users`` and what ``split`` reads, row n is song n
    split : makes a table ``song``, ``part`` of such a table without ``users``, in its order

    Returns
    -------
    table ``song``, ``part``
    """
    heard = songs.filter(pl.col("users") > 0)
    parts = split(heard.drop("users").with_columns(song=pl.int_range(pl.len(), dtype=pl.UInt32)))["part"]
    known = pl.DataFrame({"song": heard["song"], "part": parts}, schema=SCHEMA)
    return songs.select("song").join(known, on="song", how="left").with_columns(pl.col("part").fill_null(UNHEARD))
