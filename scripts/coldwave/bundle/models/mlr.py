"""Metric learning to rank as a part of a graph."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from coldwave.bundle.graph import Graph


def add_model(graph: Graph, features: str, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> str:
    """Add what ``coldwave.models.mlr.vectors`` computes of songs: features [songs, at least d] to [songs, k]."""
    mean, factor = arrays["mean"].astype(np.float64), arrays["factor"].astype(np.float64)
    counted = graph.add("Slice", graph.cast(features, np.float64), np.array([0]), np.array([len(mean)]), np.array([1]))
    embedded = graph.add("MatMul", graph.add("Sub", counted, mean), factor)
    squares = graph.add("ReduceSumSquare", embedded, axes=[1], keepdims=1)
    if settings["similarity"] == "distance":
        return graph.cast(graph.add("Concat", embedded, squares, axis=1), np.float32)
    there = graph.add("Greater", squares, np.float64(0))
    return graph.cast(
        graph.add("Div", embedded, graph.add("Sqrt", graph.add("Where", there, squares, np.float64(1)))), np.float32
    )
