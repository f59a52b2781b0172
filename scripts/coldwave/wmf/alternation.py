"""Alternating least squares with a regularisation of its own for each user and song, which implicit has not."""

import time
from collections.abc import Callable

import numpy as np
import scipy.sparse as sparse

from coldwave.wmf.folding import solve_columns

START = 0.01  # the largest number of the random start, as implicit's


def alternate(
    confidences: sparse.csr_matrix,
    of_users: np.ndarray,
    of_songs: np.ndarray,
    unplayed_weight: float,
    factors: int,
    iterations: int,
    seed: int,
    threads: int,
    dtype: type,
    after: Callable[[int, float, np.ndarray, np.ndarray], bool],
) -> tuple[np.ndarray, np.ndarray]:
    """Fit user and song factors; each half-step is exact.

    Parameters
    ----------
    confidences : float32 CSR [users, songs], with nothing stored where a user did not play a song
    of_users, of_songs : float64 [users] and [songs], the weight of the squared norm of each vector
    after : called after each iteration with its number from 0, its seconds and the factors; True stops

    Returns
    -------
    ``dtype`` [users, factors] and [songs, factors]; songs were solved last
    """
    songs = (np.random.default_rng(seed).random((confidences.shape[1], factors)) * START).astype(dtype)
    by_user, by_song = confidences.T.tocsc(), confidences.tocsc()
    users = np.zeros((confidences.shape[0], factors), dtype=dtype)
    for iteration in range(iterations):
        begin = time.monotonic()
        users = solve_columns(by_user, songs, of_users, unplayed_weight, dtype, threads)
        songs = solve_columns(by_song, users, of_songs, unplayed_weight, dtype, threads)
        if after(iteration, time.monotonic() - begin, users, songs):
            break
    return users, songs
