"""User and song vectors whose inner products are the users' mean similarities to the songs that they have played."""

import numpy as np
import polars as pl
import scipy.sparse as sparse
from threadpoolctl import threadpool_limits

from coldwave.models.training_plays import training_plays


def embed(features: np.ndarray, mean: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Map features to the space in which the metric is the Euclidean one: z = (x - mean) L, float64 [songs, rank].

    Parameters
    ----------
    features : [songs, at least d], of which the first d count; mean : [d]; factor : L [d, rank]
    """
    with threadpool_limits(1, user_api="blas"):  # the order in which BLAS adds must not depend on the threads
        return (features[:, : len(mean)].astype(np.float64) - mean) @ factor.astype(np.float64)


def song_vectors(embedded: np.ndarray, similarity: str) -> np.ndarray:
    """Make song vectors: (z, |z|^2) for "distance", z / |z| for "cosine"; NaN rows stay. float32 [songs, k]."""
    squares = np.square(embedded).sum(axis=1, keepdims=True)
    if similarity == "distance":
        return np.hstack((embedded, squares)).astype(np.float32)
    return (embedded / np.sqrt(np.where(squares == 0, 1, squares))).astype(np.float32)


def user_vectors(embedded: np.ndarray, plays: sparse.csr_matrix, similarity: str) -> np.ndarray:
    """Make user vectors from the songs j that each user has played: float32 [users, k].

    For "distance" it is (2 · mean of z_j, -1): its product with (z_i, |z_i|^2) is the mean over j of -|z_i - z_j|^2
    plus a term that is the same for all songs i. For "cosine" it is the mean of z_j / |z_j|. A user who has played
    none gets zeros: all songs tie.

    Parameters
    ----------
    embedded : float64 [songs, rank], without NaN, of the songs that may count; plays : CSR [users, songs], 1 or 0
    """
    if similarity == "cosine":
        embedded = song_vectors(embedded, similarity).astype(np.float64)
    played = np.asarray(plays.sum(axis=1)).reshape(-1, 1)
    means = (plays @ embedded) / np.maximum(played, 1)
    if similarity == "cosine":
        return means.astype(np.float32)
    return np.hstack((2 * means, np.where(played > 0, -1, 0))).astype(np.float32)


def metric_users(
    plays: pl.DataFrame, embedded: np.ndarray, training: np.ndarray, users: int, similarity: str
) -> np.ndarray:
    """Make all user vectors, from training songs' plays alone: float32 [users, k].

    Parameters
    ----------
    plays : table ``user``, ``song``; embedded : float64 [songs, rank], NaN rows for songs without features
    training : bool [songs]; similarity : "distance" or "cosine"
    """
    songs, played = training_plays(plays, embedded, training, users)
    return user_vectors(embedded[songs], played, similarity)
