"""Fold in songs that the factorisation has not seen: their factors from their plays, with the user factors frozen."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.sparse as sparse

from coldwave.progress import track
from coldwave.wmf.gram import gram_matrix

BLOCK = 256  # songs at a time that a thread solves


def fold_in(
    confidences: sparse.csr_matrix,
    user_factors: np.ndarray,
    regularization: float | np.ndarray,
    unplayed_weight: float = 1.0,
) -> np.ndarray:
    """Solve songs exactly with the user factors frozen: one half-step of alternating least squares.

    y_i = (w X^T X + X^T (C_i - w I) X + regularization I)^-1 X^T C_i p_i, with w the weight of unplayed pairs, the sum
    over the users who have played the song. A song without plays gets zeros.

    Parameters
    ----------
    confidences : CSR [users, songs], one column for each song to solve
    user_factors : [users, factors]
    regularization : one for all songs, or [songs]

    Returns
    -------
    float32 [songs, factors]
    """
    blocks = solved_blocks(confidences.tocsc(), user_factors, regularization, unplayed_weight, np.float32, threads=1)
    total = -(-confidences.shape[1] // BLOCK)
    solved = list(track(blocks, "blocks of songs folded in", total))
    return np.concatenate(solved or [np.zeros((0, user_factors.shape[1]), np.float32)])


def solved_blocks(
    columns: sparse.csc_matrix,
    fixed: np.ndarray,
    regularization: float | np.ndarray,
    unplayed_weight: float,
    dtype: type,
    threads: int,
) -> Iterator[np.ndarray]:
    """Solve the columns [rows, columns] with the factors of the rows fixed: ``dtype`` [of a block, factors] each."""
    gram = unplayed_weight * gram_matrix(fixed)
    own = np.broadcast_to(regularization, columns.shape[1])
    identity = np.eye(len(gram))

    def solve(begin: int) -> np.ndarray:
        end = min(begin + BLOCK, columns.shape[1])
        solved = np.zeros((end - begin, len(gram)), dtype=dtype)
        for place in range(begin, end):
            span = slice(columns.indptr[place], columns.indptr[place + 1])
            if span.start == span.stop:
                continue
            played = fixed[columns.indices[span]].astype(np.float64)
            weights = columns.data[span].astype(np.float64)
            system = gram + own[place] * identity + played.T @ (played * (weights - unplayed_weight)[:, None])
            solved[place - begin] = np.linalg.solve(system, played.T @ weights)
        return solved

    begins = range(0, columns.shape[1], BLOCK)
    if threads == 1:
        yield from map(solve, begins)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(solve, begins)
