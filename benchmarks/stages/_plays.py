"""Plays made up by a stated law: users' activity is log-normal, songs' popularity is Zipf's."""

import numpy as np
import polars as pl

SPREAD = 1.2  # standard deviation of the logarithm of a user's number of songs
EXPONENT = 0.6  # of a song's rank: the first of 384,546 songs then has a tenth of a million users, as in Taste Profile
PLAYS_OF_A_PAIR = 2.9  # mean of the geometric law of counts, as in Taste Profile
USERS_AT_ONCE = 50_000


def made_up_plays(users: int, songs: int, plays: int, seed: int = 0) -> pl.DataFrame:
    """Draw a table ``user``, ``song``, ``count``, each pair once, sorted by user and song, as plays.parquet.

    Songs are drawn with replacement, and a song that a user draws again counts once: the table has a few per cent fewer
    rows than ``plays``. Popularity is dealt out at random over the songs' numbers.
    """
    rng = np.random.default_rng(seed)
    activity = rng.lognormal(0, SPREAD, users)
    drawn = np.maximum(1, np.round(activity * (plays / activity.sum()))).astype(np.int64)
    shares = np.cumsum(np.arange(1, songs + 1) ** -EXPONENT)
    order = rng.permutation(songs)
    blocks = []
    for begin in range(0, users, USERS_AT_ONCE):
        of_block = drawn[begin : begin + USERS_AT_ONCE]
        ranks = np.searchsorted(shares, rng.random(of_block.sum()) * shares[-1])
        pairs = np.unique(np.repeat(np.arange(begin, begin + len(of_block)), of_block) * songs + order[ranks])
        counts = rng.geometric(1 / PLAYS_OF_A_PAIR, len(pairs))
        columns = {"user": pairs // songs, "song": pairs % songs, "count": counts}
        blocks.append(pl.DataFrame({name: values.astype(np.uint32) for name, values in columns.items()}))
    return pl.concat(blocks)
