"""Scores as inner products: each score's rank among those of its user, which is all that a ranking needs.

Songs are ranked by the inner products of vectors in single precision, in which scores that differ may become one. So
the scores of a user are numbered, equal ones alike: 1 for the lowest, 0 for a song without a score. Such numbers are
exact, and so is their product with a vector of a single one.
"""

import numpy as np

from coldwave.errors import InputError

LARGEST = 1 << 28  # numbers in both matrices, 1 GiB
MOST_SONGS = 1 << 24  # single precision holds whole numbers up to it


def dense_ranks(users: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Number the values of each user from 1, the lowest; equal values have the same number: int64 [pairs].

    Parameters
    ----------
    users : int [pairs], in any order; values : [pairs], finite
    """
    order = np.lexsort((values, users))
    user, value = users[order], values[order]
    new_user = np.ones(len(order), dtype=bool)
    new_user[1:] = user[1:] != user[:-1]
    new_value = new_user.copy()
    new_value[1:] |= value[1:] != value[:-1]
    number = np.cumsum(new_value)
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = number - number[new_user][np.cumsum(new_user) - 1] + 1
    return ranks


def rank_vectors(
    users: np.ndarray, songs: np.ndarray, values: np.ndarray, all_users: int, all_songs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Make vectors whose inner products order the songs of each user as the scores do.

    Either each scored song has a dimension of its own or, if they are fewer, each user with a score.

    Parameters
    ----------
    users, songs, values : [pairs], each pair once; the score of a song for a user
    all_users, all_songs : the numbers of the run's users and songs

    Returns
    -------
    float32 [users, k] and [songs, k]. A song that nobody has a score for is a row of NaN. An inner product is the rank
    of the score (`dense_ranks`), or 0 without one.

    Raises
    ------
    InputError
        The matrices would be too large.
    """
    listeners, user_place = np.unique(users, return_inverse=True)
    scored, song_place = np.unique(songs, return_inverse=True)
    dimensions = min(len(listeners), len(scored))
    if dimensions * (all_users + all_songs) > LARGEST or len(scored) > MOST_SONGS:
        raise InputError(
            f"scores of {len(scored):,} songs for {len(listeners):,} users are too many for a run of {all_users:,} "
            f"users and {all_songs:,} songs: the smaller of the two numbers times the sum of the run's may be "
            f"{LARGEST:,} at most. Keep the scores of test songs alone, or of fewer users, or give vectors in their "
            "place (songs and users)"
        )
    ranks = dense_ranks(users, values)
    user_vectors = np.zeros((all_users, dimensions), np.float32)
    song_vectors = np.full((all_songs, dimensions), np.nan, np.float32)
    if len(scored) <= len(listeners):
        song_vectors[scored] = np.eye(dimensions, dtype=np.float32)
        user_vectors[users, song_place] = ranks
    else:
        user_vectors[listeners] = np.eye(dimensions, dtype=np.float32)
        song_vectors[scored] = 0
        song_vectors[songs, user_place] = ranks
    return user_vectors, song_vectors
