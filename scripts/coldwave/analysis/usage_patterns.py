"""Predicted usage patterns (section 5.3 of the paper): the vector X y of a song y over all users, and its cosines.

That vector is never computed. With L L^T = X^T X, the inner product of two patterns is (X y) · (X z) =
(L^T y) · (L^T z), so the short vectors L^T y replace the patterns where only lengths and angles matter.
"""

import numpy as np

from coldwave.wmf.gram import gram_matrix

BLOCK = 1 << 16  # rows at a time: bounds memory, and does not change the result
NOTHING = 1e-6  # a pattern this short, relative to the longest that its factors could make, counts as zero


def pattern_root(user_factors: np.ndarray) -> np.ndarray:
    """Factor X^T X as L L^T: float64 [factors, factors], by Cholesky, or by eigenvalues where it is singular.

    ``user_factors`` is X, float [users, factors]; it may be memory-mapped, and is read once.
    """
    gram = gram_matrix(user_factors)
    try:
        return np.linalg.cholesky(gram)
    except np.linalg.LinAlgError:  # fewer users than factors, or a factor that no user has
        values, vectors = np.linalg.eigh(gram)
        return vectors * np.sqrt(np.maximum(values, 0))


def usage_patterns(song_vectors: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Return L^T y of each song, y float [songs, factors]: float64 [songs, factors]."""
    patterns = np.empty((len(song_vectors), root.shape[1]))
    for begin in range(0, len(song_vectors), BLOCK):
        patterns[begin : begin + BLOCK] = song_vectors[begin : begin + BLOCK].astype(np.float64) @ root
    return patterns


def unit_patterns(song_vectors: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Return L^T y of each song at unit length, so that an inner product of two is the cosine of their usage patterns.

    Parameters
    ----------
    song_vectors : float [songs, factors], NaN rows for songs without a prediction
    root : float64 [factors, factors], L

    Returns
    -------
    float32 [songs, factors]; NaN rows also for songs whose pattern is zero, such as songs without plays
    """
    units = np.empty((len(song_vectors), root.shape[1]), dtype=np.float32)
    longest = np.linalg.norm(root, ord=2)
    for begin in range(0, len(song_vectors), BLOCK):
        block = np.asarray(song_vectors[begin : begin + BLOCK], dtype=np.float64)
        patterns = block @ root
        lengths = np.linalg.norm(patterns, axis=1)
        lengths[lengths <= NOTHING * longest * np.linalg.norm(block, axis=1)] = np.nan
        units[begin : begin + BLOCK] = patterns / lengths[:, None]
    return units


def usable(song_vectors: np.ndarray) -> np.ndarray:
    """Return which songs have a vector: bool [songs]."""
    return np.isfinite(song_vectors).all(axis=1)
