"""Song factors from a trained multilayer perceptron."""

from collections.abc import Mapping

import numpy as np


def predict_mlp(features: np.ndarray, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Predict song factors.

    Parameters
    ----------
    features : float32 [songs, d], NaN rows for songs without audio
    arrays : what ``coldwave.models.mlp.training.train_mlp`` returned

    Returns
    -------
    float32 [songs, factors], NaN rows where the features are
    """
    layers = sum(name.endswith(".weight") for name in arrays)
    layer = (features - arrays["feature_mean"]) / arrays["feature_scale"]
    for place in range(layers):
        layer = layer @ arrays[f"layer_{place}.weight"].T + arrays[f"layer_{place}.bias"]
        if place < layers - 1:
            layer = np.maximum(layer, 0)  # a NaN stays one
    return (layer * arrays["target_scale"] + arrays["target_mean"]).astype(np.float32)
