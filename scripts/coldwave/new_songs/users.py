"""The users who are most likely to play a new song, by a factor model."""

import numpy as np
import polars as pl

from coldwave.analysis.neighbours import highest

BEST_USERS = {
    "song": pl.UInt32,
    "song_id": pl.String,
    "rank": pl.UInt32,
    "user": pl.UInt32,
    "user_id": pl.String,
    "score": pl.Float32,
}
_SCORES_AT_ONCE = 1 << 24


def highest_scores(song_vectors: np.ndarray, user_vectors: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the users with whom each song has the highest inner products; of equal ones, those with the lower number.

    Parameters
    ----------
    song_vectors : float32 [songs, factors], without NaN
    user_vectors : float32 [users, factors]
    number : of users for each song; all users if there are fewer

    Returns
    -------
    users int64 [songs, number], best first, and their scores float32 [songs, number]
    """
    number = min(number, len(user_vectors))
    found = np.empty((len(song_vectors), number), dtype=np.int64)
    best = np.empty((len(song_vectors), number), dtype=np.float32)
    step = max(1, _SCORES_AT_ONCE // len(user_vectors))
    for begin in range(0, len(song_vectors), step):
        for row, scores in enumerate(song_vectors[begin : begin + step] @ user_vectors.T, start=begin):
            found[row] = highest(scores, number)
            best[row] = scores[found[row]]
    return found, best


def best_users(
    songs: pl.DataFrame, song_vectors: np.ndarray, user_ids: pl.Series, user_vectors: np.ndarray, number: int
) -> pl.DataFrame:
    """List the best users of each song that has a vector (``BEST_USERS``); the others have no rows.

    Parameters
    ----------
    songs : table ``song_id``; song_vectors : float32 [songs, factors], NaN rows for songs without
    user_ids : the ids of the users; user_vectors : float32 [users, factors]
    """
    predicted = np.flatnonzero(np.isfinite(song_vectors).all(axis=1))
    found, scores = highest_scores(song_vectors[predicted], user_vectors, number)
    return pl.DataFrame(
        {
            "song": np.repeat(predicted, found.shape[1]),
            "song_id": songs["song_id"].gather(np.repeat(predicted, found.shape[1])),
            "rank": np.tile(np.arange(1, found.shape[1] + 1), len(predicted)),
            "user": found.ravel(),
            "user_id": user_ids.gather(found.ravel()),
            "score": scores.ravel(),
        }
    ).cast(BEST_USERS)
