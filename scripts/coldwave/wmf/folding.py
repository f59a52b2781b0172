"""Fold in songs that the factorisation has not seen: their factors from their plays, with the user factors frozen."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.sparse as sparse
from threadpoolctl import threadpool_limits

from coldwave.progress import track
from coldwave.wmf.gram import gram_matrix

NUMBERS = 1 << 20  # of a thread's arrays: they stay in the processor's cache, and bound its memory


def fold_in(
    confidences: sparse.csr_matrix,
    user_factors: np.ndarray,
    regularization: float | np.ndarray,
    unplayed_weight: float = 1.0,
    threads: int = 1,
) -> np.ndarray:
    """Solve songs exactly with the user factors frozen: one half-step of alternating least squares.

    y_i = (w X^T X + X^T (C_i - w I) X + regularization I)^-1 X^T C_i p_i, with w the weight of unplayed pairs, the sum
    over the users who have played the song. A song without plays gets zeros.

    Parameters
    ----------
    confidences : CSR [users, songs], one column for each song to solve
    user_factors : [users, factors]
    regularization : one for all songs, or [songs]
    threads : changes the time, not a bit of the result

    Returns
    -------
    float32 [songs, factors]
    """
    columns = confidences.tocsc()
    return solve_columns(columns, user_factors, regularization, unplayed_weight, np.float32, threads, "songs folded in")


def solve_columns(
    columns: sparse.csc_matrix,
    fixed: np.ndarray,
    regularization: float | np.ndarray,
    unplayed_weight: float,
    dtype: type,
    threads: int,
    what: str | None = None,
) -> np.ndarray:
    """Solve the columns [rows, columns] with the factors of the rows fixed: ``dtype`` [columns, factors].

    ``what`` is solved, for the log; without it nothing is logged.
    """
    solved = np.zeros((columns.shape[1], fixed.shape[1]), dtype=dtype)
    own = np.broadcast_to(regularization, columns.shape[1])
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        gram = unplayed_weight * gram_matrix(fixed, threads)

        def solve(block: np.ndarray) -> None:
            systems = gram + own[block, None, None] * np.eye(len(gram))
            targets = np.zeros((len(block), len(gram), 1))
            for place, column in enumerate(block):
                _add_plays(systems[place], targets[place, :, 0], columns, column, fixed, unplayed_weight)
            solved[block] = np.linalg.solve(systems, targets)[..., 0]

        played = np.flatnonzero(np.diff(columns.indptr))
        together = max(1, NUMBERS // fixed.shape[1] ** 2)
        blocks = np.split(played, range(together, len(played), together))
        done = pool.map(solve, blocks)
        for _ in track(done, f"blocks of {what}", len(blocks)) if what else done:
            pass
    return solved


def _add_plays(
    system: np.ndarray, target: np.ndarray, columns: sparse.csc_matrix, column: int, fixed: np.ndarray, weight: float
) -> None:
    """Add a column's part to its system [factors, factors] and its target [factors], some plays at a time."""
    step, end = max(1, NUMBERS // fixed.shape[1]), columns.indptr[column + 1]
    for begin in range(columns.indptr[column], end, step):
        span = slice(begin, min(begin + step, end))
        played = fixed[columns.indices[span]].astype(np.float64)
        weights = columns.data[span].astype(np.float64)
        system += played.T @ (played * (weights - weight)[:, None])
        target += played.T @ weights
