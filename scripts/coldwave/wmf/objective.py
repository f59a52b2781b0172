"""The objective of the factorisation (eq. 3 of the paper), at the cost of the played pairs alone."""

from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import polars as pl
import scipy.sparse as sparse

from coldwave.errors import InputError
from coldwave.wmf.gram import gram_matrix

OBJECTIVE_SCHEMA = {"iteration": pl.UInt32, "objective": pl.Float64, "seconds": pl.Float64}
VANISHED = 1e-6  # the largest product of factors that too strong a regularisation leaves; sound ones are near 1
BLOCK = 1 << 16  # played pairs that a thread sums at a time: sums are added in the order of the blocks, by any thread


def objective(
    confidences: sparse.csr_matrix,
    user_factors: np.ndarray,
    song_factors: np.ndarray,
    regularization: float | tuple[np.ndarray, np.ndarray],
    unplayed_weight: float = 1.0,
    threads: int = 1,
) -> float:
    """Compute eq. 3 over all pairs, exactly, at the cost of the observed ones.

    Unobserved pairs contribute w s^2 with s = x_u . y_i and their weight w, which is 1 in the paper. The sum of s^2
    over all pairs is the trace of (X^T X)(Y^T Y), and an observed pair then contributes c (1 - s)^2 - w s^2 on top.

    ``regularization`` is one number, or float64 [users] and [songs]. ``threads`` changes the time, not a bit of the
    result.
    """
    return of_all_pairs(user_factors, song_factors, regularization, unplayed_weight, threads) + of_played_pairs(
        confidences, user_factors, song_factors, unplayed_weight, threads
    )


def of_all_pairs(
    user_factors: np.ndarray,
    song_factors: np.ndarray,
    regularization: float | tuple[np.ndarray, np.ndarray],
    unplayed_weight: float = 1.0,
    threads: int = 1,
) -> float:
    """The part of eq. 3 that does not depend on the plays: the sum of w s^2 over all pairs, and the squared norms."""
    gram_users, gram_songs = gram_matrix(user_factors, threads), gram_matrix(song_factors, threads)
    total = unplayed_weight * float(np.sum(gram_users * gram_songs))
    if not isinstance(regularization, tuple):
        return total + regularization * float(np.trace(gram_users) + np.trace(gram_songs))
    sides = zip(regularization, (user_factors, song_factors), strict=True)
    return total + sum(float(own @ np.einsum("nf,nf->n", rows, rows, dtype=np.float64)) for own, rows in sides)


def of_played_pairs(
    confidences: sparse.csr_matrix,
    user_factors: np.ndarray,
    song_factors: np.ndarray,
    unplayed_weight: float = 1.0,
    threads: int = 1,
) -> float:
    """The part of eq. 3 from played pairs, c (1 - s)^2 - w s^2 each; ``confidences`` is CSR [users, songs]."""
    starts = confidences.indptr
    bounds = np.append(
        np.unique(np.searchsorted(starts, np.arange(0, confidences.nnz, BLOCK), side="right") - 1), len(starts) - 1
    )
    arrays = (starts, confidences.indices, confidences.data, user_factors, song_factors)

    def of_users(begin: int, end: int) -> float:
        return _of_users(begin, end, *arrays, float(unplayed_weight))

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(of_users, bounds[:-1], bounds[1:]))


@numba.njit(nogil=True, cache=False, fastmath={"reassoc", "contract"})
def _of_users(begin, end, starts, songs, confidences, user_factors, song_factors, unplayed_weight):
    """Sum c (1 - s)^2 - w s^2 over the played pairs of some users, in 64 bits."""
    total = 0.0
    for user in range(begin, end):
        own = user_factors[user]
        for place in range(starts[user], starts[user + 1]):
            other = song_factors[songs[place]]
            score = 0.0
            for factor in range(own.size):
                score += np.float64(own[factor]) * np.float64(other[factor])
            total += confidences[place] * (1 - score) ** 2 - unplayed_weight * score**2
    return total


def refuse_vanished(
    user_factors: np.ndarray, song_factors: np.ndarray, regularization: float, played_pairs: int
) -> None:
    """Refuse factors that have gone to zero.

    Raises
    ------
    InputError
        The regularisation is so strong that next to nothing is left of them.
    """
    largest = float(np.abs(user_factors).max() * np.abs(song_factors).max())
    if largest < VANISHED:
        raise InputError(
            f"the factors have vanished (the largest product of two is {largest:.1g}): wmf.regularization = "
            f"{regularization:g} is too strong for {played_pairs:,} played pairs; lower it"
        )
