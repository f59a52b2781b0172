"""The tower of contrastive training as a part of a graph."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from coldwave.bundle.graph import Graph
from coldwave.bundle.models.knn import add_model as add_unit_length


def add_model(graph: Graph, features: str, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> str:
    """Add what ``coldwave.models.contrastive.prediction`` computes: from features [songs, d] to [songs, k]."""
    scale = np.float32(np.sqrt(arrays["hidden.weight"].shape[1]))
    inputs = graph.add("Mul", add_unit_length(graph, features, {}, {}), scale)

    def dense(values: str, weight: str, bias: str) -> str:
        return graph.add("Add", graph.add("MatMul", values, arrays[weight].T), arrays[bias])

    hidden = graph.add("Relu", dense(inputs, "hidden.weight", "hidden.bias"))
    correction = dense(hidden, "output.weight", "output.bias")
    vectors = graph.add("Add", dense(inputs, "base_weight", "base_bias"), correction)
    return add_unit_length(graph, vectors, {}, {})
