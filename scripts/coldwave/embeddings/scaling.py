"""Turn embeddings into features: centred and scaled by statistics of the training songs."""

import logging

import numpy as np

from coldwave.errors import InputError

log = logging.getLogger(__name__)

TOO_FAR = "an embedding is too far from those of the training songs for 32 bits"


def scaling(vectors: np.ndarray, training: np.ndarray, standardize: bool) -> tuple[np.ndarray, np.ndarray]:
    """Learn from the training songs how embeddings are centred and scaled.

    Parameters
    ----------
    vectors : float32 [songs, d], NaN rows for songs without one; training : bool [songs]
    standardize : whether each column is divided by its own deviation, or all of them by one number, the root of their
        mean variance

    Returns
    -------
    The mean, float64 [d], and the divisor, float64 [d]: 0 for a column that does not vary.

    Raises
    ------
    InputError
        No training song has an embedding.
    """
    known = vectors[training & np.isfinite(vectors).all(axis=1)].astype(np.float64)
    if not len(known):
        raise InputError("no training song has an embedding: nothing can be learnt from it")
    variances = known.var(axis=0)
    scale = np.sqrt(variances if standardize else np.full_like(variances, variances.mean()))
    # a column whose deviation is only rounding of its mean does not vary
    varies = scale > 1e-6 * np.maximum(np.abs(known).max(axis=0), np.finfo(np.float32).tiny)
    if constant := int((~varies).sum()):
        log.warning("%d of %d columns are the same for all training songs and are set to zero", constant, len(scale))
    return known.mean(axis=0), np.where(varies, scale, 0.0)


def scaled(vectors: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Centre and scale embeddings as ``scaling`` has learnt; a column that did not vary there becomes zero.

    Returns
    -------
    float32 [songs, d]; NaN rows stay, and values too far from the training songs for 32 bits are infinite.
    """
    varies = scale > 0
    present = np.isfinite(vectors).all(axis=1, keepdims=True)
    divided = (vectors.astype(np.float64) - mean) / np.where(varies, scale, 1)
    with np.errstate(over="ignore"):
        return np.where(varies, divided, np.where(present, 0.0, np.nan)).astype(np.float32)


def refuse_too_far(features: np.ndarray) -> None:
    """Refuse infinite features (see ``scaled``).

    Raises
    ------
    InputError
        Some are infinite.
    """
    if far := int(np.isinf(features).any(axis=1).sum()):
        raise InputError(f"{TOO_FAR}: {far:,} songs")
