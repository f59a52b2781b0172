"""The songs of the catalogue that a model expects the same users to play as a new song."""

import numpy as np
import polars as pl

from coldwave.analysis.neighbours import nearest
from coldwave.analysis.usage_patterns import pattern_root, unit_patterns, usable

NEAREST_SONGS = {
    "song": pl.UInt32,
    "song_id": pl.String,
    "rank": pl.UInt32,
    "neighbour": pl.UInt32,
    "neighbour_id": pl.String,
    "artist": pl.String,
    "title": pl.String,
    "cosine": pl.Float64,
}


def nearest_songs(
    songs: pl.DataFrame,
    song_vectors: np.ndarray,
    catalogue: pl.DataFrame,
    catalogue_vectors: np.ndarray,
    user_factors: np.ndarray,
    number: int,
) -> pl.DataFrame:
    """List the nearest songs of the catalogue to each new song that has a vector (``NEAREST_SONGS``).

    The nearest songs are those with the highest cosine of predicted usage patterns
    (``coldwave.analysis.usage_patterns``). Songs of the catalogue are predicted as well, so that like is compared with
    like.

    Parameters
    ----------
    songs : table ``song_id``; song_vectors : float32 [new songs, factors], NaN rows for songs without
    catalogue : table ``song_id``, ``artist``, ``title``; catalogue_vectors : float32 [songs, factors], likewise
    user_factors : float32 [users, factors]
    """
    root = pattern_root(user_factors)
    new, known = unit_patterns(song_vectors, root), unit_patterns(catalogue_vectors, root)
    queries = np.flatnonzero(usable(new))
    found, cosines = nearest(np.vstack((known, new)), len(known) + queries, np.flatnonzero(usable(known)), number)
    there = found >= 0
    neighbours = found[there]
    song = np.repeat(queries, number)[there.ravel()]
    return pl.DataFrame(
        {
            "song": song,
            "song_id": songs["song_id"].gather(song),
            "rank": np.tile(np.arange(1, number + 1), len(queries))[there.ravel()],
            "neighbour": neighbours,
            "neighbour_id": catalogue["song_id"].gather(neighbours),
            "artist": catalogue["artist"].gather(neighbours),
            "title": catalogue["title"].gather(neighbours),
            "cosine": cosines[there],
        }
    ).cast(NEAREST_SONGS)
