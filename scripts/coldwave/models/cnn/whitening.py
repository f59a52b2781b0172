"""Outputs of the network in directions of the factors, so that training may weigh weak directions like strong ones."""

import numpy as np

SMALLEST = 1e-2  # share of the largest variance that no direction falls below


def whitening(targets: np.ndarray, power: float) -> tuple[np.ndarray, np.ndarray]:
    """Find the maps between factors, without their mean, and the network's outputs.

    The directions are the principal ones of the targets. Each is divided by its standard deviation to ``power``: 0
    leaves factors as they are, but for one scale, and 1 gives all directions the same variance. Outputs have variance
    1 on average.

    Parameters
    ----------
    targets : float [songs, factors], of the training songs
    power : from 0 to 1

    Returns
    -------
    ``to`` and ``back``, float32 [factors, factors]: outputs = (factors - mean) @ to, factors = outputs @ back + mean
    """
    centred = np.asarray(targets, dtype=np.float64) - np.mean(targets, axis=0, dtype=np.float64)
    if power == 0:
        scale = max(float(centred.std()), 1e-12)
        identity = np.eye(centred.shape[1])
        return (identity / scale).astype(np.float32), (identity * scale).astype(np.float32)
    variances, directions = np.linalg.eigh(centred.T @ centred / max(len(centred), 1))
    variances = np.maximum(variances, SMALLEST * max(float(variances[-1]), 1e-12))
    scales = variances ** (power / 2)
    scales *= np.sqrt(np.mean(variances / scales**2))
    return (directions / scales).astype(np.float32), (directions * scales).T.astype(np.float32)
