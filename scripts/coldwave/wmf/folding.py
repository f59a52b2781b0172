"""Fold in songs that the factorisation has not seen: their factors from their plays, with the user factors frozen."""

import numpy as np
import scipy.sparse as sparse

from coldwave.progress import track
from coldwave.wmf.gram import gram_matrix


def fold_in(confidences: sparse.csr_matrix, user_factors: np.ndarray, regularization: float | np.ndarray) -> np.ndarray:
    """Solve songs exactly with the user factors frozen: one half-step of alternating least squares.

    y_i = (X^T X + X^T (C_i - I) X + regularization I)^-1 X^T C_i p_i. A song without plays gets zeros.

    Parameters
    ----------
    confidences : CSR [users, songs], one column for each song to solve
    user_factors : [users, factors]
    regularization : one for all songs, or [songs]

    Returns
    -------
    float32 [songs, factors]
    """
    gram, columns = gram_matrix(user_factors), confidences.tocsc()
    factors = len(gram)
    identity = np.eye(factors)
    weights_of_norms = np.broadcast_to(regularization, columns.shape[1])
    solved = np.zeros((columns.shape[1], factors), dtype=np.float32)
    for song in track(range(columns.shape[1]), "songs folded in"):
        span = slice(columns.indptr[song], columns.indptr[song + 1])
        if span.start == span.stop:
            continue
        played = user_factors[columns.indices[span]].astype(np.float64)
        weights = columns.data[span].astype(np.float64)
        system = gram + weights_of_norms[song] * identity + played.T @ (played * (weights - 1)[:, None])
        solved[song] = np.linalg.solve(system, played.T @ weights)
    return solved
