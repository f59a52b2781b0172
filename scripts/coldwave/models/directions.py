"""Directions of song factors along which users' scores vary independently, to be learnt one by one.

An error e of a song's factors changes the score of the user x by x . e. The mean of its square over users is e'M e,
with the metric M = X'X / users; in coordinates L'y, with L L' = M, it is a plain square. The principal directions of
these coordinates over songs are uncorrelated, and sorted by how much of the scores they carry.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg


class Directions(NamedTuple):
    """Directions of factors: ``into`` and ``back`` float64 [factors, factors], inverses of each other; ``mean``.

    Coordinates of factors y are (y - mean) into; factors of coordinates z are z back + mean.
    """

    into: np.ndarray
    back: np.ndarray
    mean: np.ndarray

    def coordinates(self, factors: np.ndarray) -> np.ndarray:
        """Express factors in these directions, relative to the mean: float64, shape of ``factors`` [songs, factors]."""
        return (factors - self.mean) @ self.into

    def factors(self, coordinates: np.ndarray) -> np.ndarray:
        """Make factors of coordinates: float32 [songs, factors]."""
        return (coordinates @ self.back + self.mean).astype(np.float32)


def find_directions(factors: np.ndarray, metric: np.ndarray) -> Directions:
    """Find the directions of the factors of the songs learnt from, in the metric of the users' scores.

    Parameters
    ----------
    factors : [songs, factors]; metric : float64 [factors, factors] (``coldwave.wmf.gram.score_metric``)
    """
    mean = factors.mean(axis=0, dtype=np.float64)
    values, vectors = scipy.linalg.eigh(metric)
    roots = np.sqrt(np.maximum(values, max(values[-1], 1e-30) * 1e-10))  # factors that no user has stay invertible
    coordinates = (factors - mean) @ (vectors * roots)
    _, axes = scipy.linalg.eigh(coordinates.T @ coordinates)
    axes = axes[:, ::-1]
    return Directions((vectors * roots) @ axes, axes.T @ (vectors / roots).T, mean)
