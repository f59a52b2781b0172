"""The Gram matrix of factors, X^T X: what sums over all users cost no more than a table of factors for."""

import numpy as np

BLOCK = 1 << 16  # rows looked at together: bounds memory, not the result


def gram_matrix(factors: np.ndarray) -> np.ndarray:
    """Give X^T X, float64 [factors, factors], of X, float [rows, factors], which may be memory-mapped."""
    gram = np.zeros((factors.shape[1],) * 2)
    for begin in range(0, len(factors), BLOCK):
        block = np.asarray(factors[begin : begin + BLOCK], dtype=np.float64)
        gram += block.T @ block
    return gram
