"""How much a play counts: confidences instead of counts (section 3 of the paper)."""

import numpy as np
import polars as pl
import scipy.sparse as sparse


def confidence(counts: np.ndarray, alpha: float, epsilon: float) -> np.ndarray:
    """Confidence of each played pair, 1 + alpha log(1 + r / epsilon) (eq. 2): float32, the shape of ``counts``."""
    return (1 + alpha * np.log1p(np.asarray(counts, dtype=np.float64) / epsilon)).astype(np.float32)


def confidence_matrix(plays: pl.DataFrame, users: int, songs: int, alpha: float, epsilon: float) -> sparse.csr_matrix:
    """Confidences of the plays in a table ``user``, ``song``, ``count``: float32 CSR [users, songs]."""
    values = confidence(plays["count"].to_numpy(), alpha, epsilon)
    pairs = (plays["user"].to_numpy(), plays["song"].to_numpy())
    return sparse.csr_matrix((values, pairs), shape=(users, songs))
