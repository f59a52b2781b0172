"""How a measured quantity grows: a constant part, and a power of the size."""

from typing import NamedTuple

import numpy as np

ABOVE = 1.2  # sizes at which a quantity is less than so many times its constant part tell nothing of its growth
ROUNDS = 50
MOST = 3  # of the largest sizes, that the exponent is fitted to


class Law(NamedTuple):
    """``constant + factor * size ** exponent``."""

    constant: float
    factor: float
    exponent: float


def fitted(sizes: list[float], quantities: list[float]) -> Law | None:
    """Fit a law: a line in logarithms, by least squares, after the constant part is taken off.

    The constant part is what the law leaves of the smallest quantity, found in turn with the law. Only the largest
    sizes count, at which the quantity is well above it. None where these are fewer than two: no growth can be told.
    """
    order = np.argsort(sizes)
    x, y = np.asarray(sizes, float)[order], np.asarray(quantities, float)[order]
    upper = y > ABOVE * y[0]
    if upper.sum() < 2:
        return None
    upper[:-MOST] = False
    constant = y[0]
    for _ in range(ROUNDS):
        exponent, offset = np.polyfit(np.log(x[upper]), np.log(y[upper] - constant), 1)
        constant = min(y[0], max(0.0, y[0] - np.exp(offset) * x[0] ** exponent))
    return Law(float(constant), float(np.exp(offset)), float(exponent))
