"""The linear regression as a part of a graph."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from coldwave.bundle.graph import Graph


def add_model(graph: Graph, features: str, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> str:
    """Add what ``coldwave.models.linear.predict_linear`` computes: from features [songs, d] to [songs, factors]."""
    return graph.add("Add", graph.add("MatMul", features, arrays["weights"].T), arrays["intercept"])
