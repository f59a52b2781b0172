"""The direction of the factors that carries popularity."""

import numpy as np


def popularity_direction(gram: np.ndarray) -> tuple[np.ndarray, float]:
    """Find the direction of the factors that carries popularity, v: float64 [factors], and the weight of the others.

    Around its minimum y*, a song's error in eq. 5 is higher by e . A e, with e = y' - y* and A = X^T X + the sum of
    (c_ui - 1) x_u x_u^T over who played the song. X^T X = λ_1 v v^T + ... has one eigenvalue far above the others: with
    m the users' mean, it is users * m m^T plus their scatter around it, and m is long because all users prefer songs
    that are played much. So v is near m / |m|, and y . v is a song's mean score, its popularity. Audio hardly tells it,
    and yet this one number has λ_1 / (λ_1 + λ_2 + ...) of the weight, three tenths in the demo.

    The second part of A ties v to the other directions. A song's players like it, so that e across v, which is mostly
    what audio does not tell, is a loss at their high confidences, and more popularity makes up for it. This is why
    predictions that minimise eq. 5 have too much of it. Whitened, the error is that of y' with the song's own
    popularity, y' - (e . v) v, plus (e . v)^2 times the mean of λ_2, λ_3, ...: popularity then weighs as much as
    another direction, and is tied to none.

    Parameters
    ----------
    gram : [factors, factors], X^T X of all users
    """
    values, vectors = np.linalg.eigh(np.asarray(gram, dtype=np.float64))
    return vectors[:, -1], float(values[:-1].mean()) if len(values) > 1 else float(values[-1])
