"""Content-based neighbours as a part of a graph: features at unit length."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from coldwave.bundle.graph import Graph


def add_model(graph: Graph, features: str, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> str:
    """Add what ``coldwave.models.knn.unit_length`` computes: features [songs, d] to [songs, d]."""
    exact = graph.cast(features, np.float64)
    length = graph.add("ReduceL2", exact, axes=[1], keepdims=1)
    divisor = graph.add("Where", graph.add("Greater", length, np.float64(0)), length, np.float64(1))
    return graph.cast(graph.add("Div", exact, divisor), np.float32)
