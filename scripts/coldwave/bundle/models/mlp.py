"""The multilayer perceptron as a part of a graph."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from coldwave.bundle.graph import Graph


def add_model(graph: Graph, features: str, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> str:
    """Add what ``coldwave.models.mlp.prediction.predict_mlp`` computes: features [songs, d] to [songs, factors]."""
    layer = graph.add("Div", graph.add("Sub", features, arrays["feature_mean"]), arrays["feature_scale"])
    layers = sum(name.endswith(".weight") for name in arrays)
    for place in range(layers):
        weighted = graph.add("MatMul", layer, arrays[f"layer_{place}.weight"].T)
        layer = graph.add("Add", weighted, arrays[f"layer_{place}.bias"])
        if place < layers - 1:
            layer = graph.add("Relu", layer)
    return graph.add("Add", graph.add("Mul", layer, arrays["target_scale"]), arrays["target_mean"])
