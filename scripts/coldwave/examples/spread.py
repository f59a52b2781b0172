"""Choose a few that stand for many."""

from collections.abc import Sequence

import numpy as np

from coldwave.split.groups import hash_fractions


def spread(values: np.ndarray, names: Sequence[str], number: int, salt: str) -> np.ndarray:
    """Choose some that are spread over a value: one of each of ``number`` equal groups, from the lowest values up.

    Of a group it is the one with the lowest hash, so that nothing but the name and the salt decides.

    Parameters
    ----------
    values : [n]; names : n texts, all different

    Returns
    -------
    int64 [number], or [n] if there are fewer: their places, those with low values first
    """
    if not len(values) or not number:
        return np.zeros(0, dtype=np.int64)
    fractions = hash_fractions(names, salt)
    order = np.lexsort((fractions, values))
    groups = np.array_split(order, min(number, len(order)))
    return np.array([group[fractions[group].argmin()] for group in groups])
