"""The objective of the factorisation (eq. 3 of the paper), at the cost of the played pairs alone."""

import numpy as np
import polars as pl
import scipy.sparse as sparse

from coldwave.errors import InputError
from coldwave.wmf.gram import gram_matrix

OBJECTIVE_SCHEMA = {"iteration": pl.UInt32, "objective": pl.Float64, "seconds": pl.Float64}
VANISHED = 1e-6  # the largest product of factors that too strong a regularisation leaves; sound ones are near 1
BLOCK = 1 << 18  # observed plays at a time: bounds memory, and does not change the result


def objective(
    confidences: sparse.csr_matrix,
    user_factors: np.ndarray,
    song_factors: np.ndarray,
    regularization: float | tuple[np.ndarray, np.ndarray],
    unplayed_weight: float = 1.0,
) -> float:
    """Compute eq. 3 over all pairs, exactly, at the cost of the observed ones.

    Unobserved pairs contribute w s^2 with s = x_u . y_i and their weight w, which is 1 in the paper. The sum of s^2
    over all pairs is the trace of (X^T X)(Y^T Y), and an observed pair then contributes c (1 - s)^2 - w s^2 on top.

    ``regularization`` is one number, or float64 [users] and [songs].
    """
    observed = confidences.tocoo()
    total = of_all_pairs(user_factors, song_factors, regularization, unplayed_weight)
    pairs = (observed.row, observed.col, observed.data)
    return total + of_played_pairs(*pairs, user_factors, song_factors, unplayed_weight)


def of_all_pairs(
    user_factors: np.ndarray,
    song_factors: np.ndarray,
    regularization: float | tuple[np.ndarray, np.ndarray],
    unplayed_weight: float = 1.0,
) -> float:
    """The part of eq. 3 that does not depend on the plays: the sum of w s^2 over all pairs, and the squared norms."""
    gram_users, gram_songs = gram_matrix(user_factors), gram_matrix(song_factors)
    total = unplayed_weight * float(np.sum(gram_users * gram_songs))
    if not isinstance(regularization, tuple):
        return total + regularization * float(np.trace(gram_users) + np.trace(gram_songs))
    sides = zip(regularization, (user_factors, song_factors), strict=True)
    return total + sum(float(own @ np.einsum("nf,nf->n", rows, rows, dtype=np.float64)) for own, rows in sides)


def of_played_pairs(
    users: np.ndarray,
    songs: np.ndarray,
    confidences: np.ndarray,
    user_factors: np.ndarray,
    song_factors: np.ndarray,
    unplayed_weight: float = 1.0,
) -> float:
    """The part of eq. 3 from played pairs, c (1 - s)^2 - w s^2 each: their users, songs and confidences, [n] each."""
    total = 0.0
    for begin in range(0, len(users), BLOCK):
        block = slice(begin, begin + BLOCK)
        scores = np.einsum("nf,nf->n", user_factors[users[block]], song_factors[songs[block]], dtype=np.float64)
        total += float(np.sum(confidences[block] * (1 - scores) ** 2 - unplayed_weight * scores**2))
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
