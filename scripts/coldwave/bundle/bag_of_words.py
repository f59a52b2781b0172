"""The bag of words as a part of a graph: from a song's log-mels to its features, as ``coldwave.bow`` makes them."""

from collections.abc import Mapping

import numpy as np
from scipy.fft import dct
from scipy.signal import savgol_filter

from coldwave.bow.mfcc import DECIBELS, SHORTEST
from coldwave.bundle.graph import Graph


def add_features(graph: Graph, log_mel: str, learnt: Mapping[str, np.ndarray], mel_bands: int) -> str:
    """Add what makes features, float32 [1, d], of ``log_mel`` float [frames, mel_bands], of all frames of one song.

    ``learnt`` are the arrays of ``RunFiles.bag_of_words``. Numbers are in double precision: a word changes where
    rounding decides.
    """
    words, columns = learnt["codebook"].shape
    decibels = graph.add("Mul", graph.cast(log_mel, np.float64), np.float64(DECIBELS))
    cosines = dct(np.eye(mel_bands), type=2, norm="ortho", axis=1)[:, : columns // 3]
    frames = _with_differences(graph, graph.add("MatMul", decibels, cosines))
    scaled = graph.add("Div", frames, learnt["frame_scale"].astype(np.float64))
    means = learnt["codebook"].astype(np.float64)
    # |x - c|^2 is smallest where x . c - |c|^2 / 2 is largest
    closeness = graph.add("Sub", graph.add("MatMul", scaled, means.T), np.square(means).sum(axis=1) / 2)
    nearest = graph.add("ArgMax", closeness, axis=1, keepdims=0)
    shape = graph.add("Shape", nearest)
    ones = graph.add("Expand", np.float64(1), shape)
    counts = graph.add("ScatterElements", np.zeros(words), nearest, ones, axis=0, reduction="add")
    shares = graph.add("Unsqueeze", graph.add("Div", counts, graph.cast(shape, np.float64)), np.array([0]))
    components = learnt["pca_components"].astype(np.float64)
    centre = learnt["pca_mean"].astype(np.float64) @ components.T
    return graph.cast(graph.add("Sub", graph.add("MatMul", shares, components.T), centre), np.float32)


def _with_differences(graph: Graph, static: str) -> str:
    """Follow coefficients [frames, n] by their first and second differences: [frames, 3 n].

    A difference is linear in ``SHORTEST`` frames: those around the frame or, at both ends, the outermost ones.
    """
    orders = [savgol_filter(np.eye(SHORTEST), SHORTEST, order, deriv=order, axis=0) for order in (1, 2)]
    weights = np.stack(orders, axis=1)  # of frames [SHORTEST], for each place among them [SHORTEST] and order [2]
    shape = graph.add("Shape", static)
    number = graph.add("Gather", shape, np.int64(0))
    places = graph.add("Range", np.int64(0), number, np.int64(1))
    first = graph.add("Max", graph.add("Sub", places, np.int64(SHORTEST // 2)), np.int64(0))
    first = graph.add("Min", first, graph.add("Sub", number, np.int64(SHORTEST)))
    around = graph.add("Add", graph.add("Unsqueeze", first, np.array([1])), np.arange(SHORTEST)[None])
    rows = graph.add("Gather", weights, graph.add("Sub", places, first), axis=0)
    differences = graph.add("MatMul", rows, graph.add("Gather", static, around, axis=0))
    beside = graph.add("Reshape", differences, np.array([0, -1]))
    return graph.add("Concat", static, beside, axis=1)
