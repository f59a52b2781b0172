"""Ridge regression at any strength from one eigendecomposition, and its predictions of songs left out one by one.

With centred inputs X, X'X = V diag(s) V' and P = X V, strength a fits H Y with H = 1/n + P (diag(s) + a)^-1 P'. Fitted
without song i, it would predict y_i - (y_i - (H Y)_i) / (1 - H_ii) for it (Allen's PRESS, 1974).
"""

import numpy as np
import scipy.linalg


class Ridge:
    """Ridge regressions of some targets on the same inputs.

    A strength is relative to the mean variance of the inputs: 1 halves the weight of a direction with average
    variance, whatever the inputs' scale and the number of songs.

    Parameters
    ----------
    inputs : float [songs, d]; targets : float64 [songs, k]; at least two songs
    """

    def __init__(self, inputs: np.ndarray, targets: np.ndarray) -> None:
        self.mean = inputs.mean(axis=0, dtype=np.float64)
        centred = inputs - self.mean
        self.offset = targets.mean(axis=0)
        self.targets = targets - self.offset
        self.values, self.vectors = scipy.linalg.eigh(centred.T @ centred)
        self.values = np.maximum(self.values, 0)
        self.unit = max(float(self.values.mean()), 1e-30)
        self.projected = centred @ self.vectors
        self.products = self.projected.T @ self.targets

    def fitted(self, strengths: np.ndarray | float) -> np.ndarray:
        """Predict the songs themselves, each target with a strength of its own or all with one: [songs, k]."""
        return self.projected @ (self._shrunk(strengths) * self.products) + self.offset

    def left_out(self, strengths: np.ndarray | float) -> np.ndarray:
        """Predict each song by the regression that was fitted without it: float64 [songs, k]."""
        leverages = 1 / len(self.targets) + np.square(self.projected) @ self._shrunk(strengths)
        residuals = self.targets + self.offset - self.fitted(strengths)
        return self.targets + self.offset - residuals / np.maximum(1 - leverages, 1e-12)

    def left_out_about_mean(self, strengths: np.ndarray | float) -> np.ndarray:
        """Predict each song as `left_out`, but with the mean of all songs in place of that of the others.

        The mean of the others is the lower, the higher the song's own target. So predictions by `left_out`, compared
        with each other, rank songs against their targets where the inputs tell little. A common mean ranks nothing.
        """
        songs, leverages = len(self.targets), np.square(self.projected) @ self._shrunk(strengths)
        told = self.fitted(strengths) - self.offset - leverages * self.targets * songs / (songs - 1)
        return self.offset + told / np.maximum(1 - 1 / songs - leverages, 1e-12)

    def weights(self, strengths: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
        """Make the weights and intercepts: float64 [k, d] and [k]. An infinite strength leaves the mean alone."""
        weights = (self.vectors @ (self._shrunk(strengths) * self.products)).T
        return weights, self.offset - weights @ self.mean

    def _shrunk(self, strengths: np.ndarray | float) -> np.ndarray:
        """1 / (s + a), 0 where the strength is infinite: float64 [d, k or 1]."""
        penalties = np.atleast_1d(np.asarray(strengths, dtype=np.float64)) * self.unit
        return 1 / (self.values[:, None] + penalties)
