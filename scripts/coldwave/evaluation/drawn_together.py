"""Which test songs were drawn together: a split that keeps artists in one part draws artists, with all their songs.

Songs of one artist resemble each other, so that 20 artists with four songs each tell less than 80 songs.
"""

import numpy as np
import polars as pl

from coldwave.evaluation.lists import artist_numbers
from coldwave.split.parts import TEST, TRAIN, VALIDATION


def drawn_together(songs: pl.DataFrame, split: pl.DataFrame) -> np.ndarray:
    """Number the test songs, in the order of their index, alike if they were drawn together: int64 [test songs].

    If no artist is in two parts, these are the songs of an artist; else each song was drawn by itself.

    Parameters
    ----------
    songs, split : tables ``song``, ``artist``; ``song``, ``part``
    """
    both = songs.select("song", "artist").join(split.select("song", "part"), on="song").sort("song")
    artists = artist_numbers(both["artist"].to_list())
    tested, others = (both["part"].is_in(parts).to_numpy() for parts in ([TEST], [TRAIN, VALIDATION]))
    if np.isin(artists[tested], artists[others]).any():
        return np.arange(tested.sum())
    return np.unique(artists[tested], return_inverse=True)[1].astype(np.int64)
