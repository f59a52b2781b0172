"""The highest of many numbers."""

import numpy as np


def highest(values: np.ndarray, number: int) -> np.ndarray:
    """Find the places of the ``number`` highest values, float [n], highest first; of equal ones, the first places.

    int [number]; ``number`` is from 1 to n.
    """
    least = np.partition(values, -number)[-number]
    places = np.flatnonzero(values >= least)
    return places[np.argsort(-values[places], kind="stable")][:number]
