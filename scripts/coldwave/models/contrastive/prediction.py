"""Song vectors from a trained tower."""

from collections.abc import Mapping

import numpy as np
from threadpoolctl import threadpool_limits

from coldwave.models.knn import unit_length


def tower_inputs(features: np.ndarray) -> np.ndarray:
    """Scale features so that each song's mean square is 1, whatever they are: float32 [songs, d], NaN rows stay."""
    return unit_length(features) * np.float32(np.sqrt(features.shape[1]))


def predict_contrastive(features: np.ndarray, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Predict song vectors of unit length.

    Parameters
    ----------
    features : float32 [songs, d], NaN rows for songs without
    arrays : what ``coldwave.models.contrastive.training.train_contrastive`` returned

    Returns
    -------
    float32 [songs, k], NaN rows where the features are
    """
    inputs = tower_inputs(features)
    with threadpool_limits(1, user_api="blas"):  # the order in which BLAS adds must not depend on the threads
        hidden = np.maximum(inputs @ arrays["hidden.weight"].T + arrays["hidden.bias"], 0)  # a NaN stays one
        base = inputs @ arrays["base_weight"].T + arrays["base_bias"]
        return unit_length(base + hidden @ arrays["output.weight"].T + arrays["output.bias"])
