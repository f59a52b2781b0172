"""Plays made up by a stated law: users' activity is log-normal, songs' popularity is Zipf's.

As a command it writes the tables that the factorisation reads, so that the caller's memory stays small.

    python benchmarks/stages/_plays.py FOLDER USERS SONGS PLAYS OTHERS
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.files import write_table
from coldwave.split.parts import SCHEMA, TEST, TRAIN

KEPT = Path(__file__).parents[2] / "results/bench/data"
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


def write_made_up(folder: Path, users: int, songs: int, plays: int, others: int) -> None:
    """Write plays.parquet, users.parquet and split.parquet, in which ``others`` are test songs."""
    parts = np.full(songs, TRAIN, dtype=object)
    parts[np.random.default_rng(1).choice(songs, others, replace=False)] = TEST
    numbers = pl.DataFrame({"user": np.arange(users)}, schema={"user": pl.UInt32})
    write_table(folder / "users.parquet", numbers, numbers.schema)
    write_table(
        folder / "split.parquet", pl.DataFrame({"song": np.arange(songs), "part": parts}, schema=SCHEMA), SCHEMA
    )
    table = made_up_plays(users, songs, plays)
    write_table(folder / "plays.parquet", table, table.schema)


def folder_of(*sizes: int) -> Path:
    """Return the folder of the tables of these sizes; they are made in a process of their own where they are not there.

    ``sizes`` : users, songs, plays and others, as `write_made_up` takes them
    """
    folder = KEPT / "-".join(map(str, sizes))
    if not (folder / "plays.parquet").exists():
        subprocess.run([sys.executable, __file__, str(folder), *map(str, sizes)], check=True)
    return folder


if __name__ == "__main__":
    write_made_up(Path(sys.argv[1]), *map(int, sys.argv[2:]))
