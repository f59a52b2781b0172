"""Read plays in blocks, where there may be more than fit the memory."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.files import expecting_table

ROWS = 1 << 21  # plays in memory together while the table is read
COLLECTED = 1 << 23  # plays of songs in memory together


def play_blocks(path: Path) -> Iterator[pl.DataFrame]:
    """Read a table ``user``, ``song``, ``count`` in blocks of at most ``ROWS`` rows, in its order.

    Raises
    ------
    InputError
        The file is missing, truncated or not such a table.
    """
    begin = 0
    while True:
        with expecting_table(path):
            block = pl.scan_parquet(path, glob=False).select("user", "song", "count").slice(begin, ROWS).collect()
        if block.height:
            yield block
        begin += ROWS
        if block.height < ROWS:
            return


def play_counts(path: Path, fitted: np.ndarray, users: int) -> tuple[np.ndarray, np.ndarray]:
    """Count the fitted songs that each user has played, and the users who have played each song.

    Parameters
    ----------
    path : table ``user``, ``song``, ``count``, each pair once
    fitted : bool [songs]

    Returns
    -------
    int64 [users], of fitted songs alone, and int64 [songs], of all songs
    """
    of_users, of_songs = np.zeros(users, dtype=np.int64), np.zeros(len(fitted), dtype=np.int64)
    for block in play_blocks(path):
        user, song = block["user"].to_numpy(), block["song"].to_numpy()
        of_users += np.bincount(user[fitted[song]], minlength=users)
        of_songs += np.bincount(song, minlength=len(fitted))
    return of_users, of_songs


def plays_by_songs(path: Path, songs: np.ndarray, counts: np.ndarray) -> Iterator[tuple[np.ndarray, pl.DataFrame]]:
    """Group songs into blocks of few plays, and yield each block with its plays.

    The table is sorted by user, so it is read once for every block: memory is bounded by a block's plays, at most
    ``COLLECTED`` unless a single song has more.

    Parameters
    ----------
    songs : int [n], increasing
    counts : int [songs], users who have played each song

    Yields
    ------
    int [m], the songs of the block; their plays, a table ``user``, ``song``, ``count``
    """
    begin = 0
    while begin < len(songs):
        total = np.cumsum(counts[songs[begin:]])
        chosen = songs[begin : begin + max(1, int(np.searchsorted(total, COLLECTED, side="right")))]
        wanted = np.zeros(len(counts), dtype=bool)
        wanted[chosen] = True
        yield chosen, pl.concat([block.filter(wanted[block["song"].to_numpy()]) for block in play_blocks(path)])
        begin += len(chosen)
