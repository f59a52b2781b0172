"""The Gram matrix of factors, X^T X, with which sums over all users cost no more than a pass over the factors."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

BLOCK = 1 << 16  # rows at a time: bounds memory, and makes the result the same with any number of threads


def gram_matrix(factors: np.ndarray, threads: int = 1) -> np.ndarray:
    """Return X^T X, float64 [factors, factors], of X, float [rows, factors], which may be memory-mapped."""

    def of_block(begin: int) -> np.ndarray:
        block = np.asarray(factors[begin : begin + BLOCK], dtype=np.float64)
        return block.T @ block

    gram = np.zeros((factors.shape[1],) * 2)
    # Where BLAS shares a block among threads of its own, last digits depend on their number.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        for part in pool.map(of_block, range(0, len(factors), BLOCK)):
            gram += part
    return gram


def score_metric(user_factors: np.ndarray) -> np.ndarray:
    """Return X^T X / users, float64 [factors, factors]: e^T (X^T X / users) e is the mean squared error of a song's
    scores where e is the error of its factors.
    """
    return gram_matrix(user_factors) / len(user_factors)
