"""The convolutional networks of a model as a part of a graph, from the weights in its file.

Frames are the last axis, [windows, channels, frames], as ONNX convolves and pools them.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from coldwave.bundle.graph import Graph

EPSILON = 1e-5  # which batch normalisation adds to variances


def add_model(graph: Graph, windows: str, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> str:
    """Add what ``coldwave.models.cnn.network.SongEnsemble`` computes: the mean of its networks' predictions.

    ``windows`` float32 [windows, frames, mel bands] become factors, float32 [windows, factors].
    """
    members = []
    for member in range(settings["members"]):
        begin = f"networks.{member}."
        own = {name.removeprefix(begin): array for name, array in arrays.items() if name.startswith(begin)}
        members.append(_Network(graph, own, settings).predict(windows))
    return graph.add("Mean", *members)


class _Network:
    """One network: its graph, its arrays by name, and its settings."""

    def __init__(self, graph: Graph, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> None:
        self.graph, self.arrays, self.settings = graph, arrays, settings

    def predict(self, windows: str) -> str:
        add, arrays, pools = self.graph.add, self.arrays, self.settings["pool"]
        layer = add("Div", add("Sub", windows, arrays["band_mean"]), arrays["band_scale"])
        layer = add("Transpose", layer, perm=[0, 2, 1])
        for place in range(len(self.settings["channels"])):
            layer = self.normalize(self.convolve(layer, f"convolutions.{place}"), f"normalizations.{place}", True)
            pool = pools if isinstance(pools, int) else pools[place]
            layer = add("MaxPool", add("Relu", layer), kernel_shape=[pool], strides=[pool])
            layer = self.residual(layer, f"blocks.{place}")
        layer = self.pool_window(layer)
        for place in range(len(self.settings["dense"])):
            layer = self.normalize(self.dense(layer, f"hidden.{place}"), f"hidden_normalizations.{place}")
            layer = add("Relu", layer)
        factors = add("MatMul", self.dense(layer, "output"), arrays["target_map"])
        return add("Add", factors, arrays["target_mean"])

    def convolve(self, frames: str, name: str, dilation: int = 1, pad: bool = False) -> str:
        weights = self.arrays[f"{name}.convolution.weight"].squeeze(-1)
        padding = [dilation * (weights.shape[2] // 2) * pad] * 2
        bias = self.arrays[f"{name}.convolution.bias"]
        return self.graph.add("Conv", frames, weights, bias, dilations=[dilation], pads=padding)

    def dense(self, values: str, name: str) -> str:
        product = self.graph.add("MatMul", values, self.arrays[f"{name}.weight"].T)
        return self.graph.add("Add", product, self.arrays[f"{name}.bias"])

    def normalize(self, values: str, name: str, frames: bool = False) -> str:
        """Normalise channels, where the network does; they are the last axis, or the one before ``frames``."""
        if f"{name}.running_var" not in self.arrays:
            return values
        weight, bias, mean, variance = (
            self.arrays[f"{name}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = weight / np.sqrt(variance + EPSILON)
        shift = bias - mean * scale
        shape = (-1, 1) if frames else (-1,)
        scaled = self.graph.add("Mul", values, scale.astype(np.float32).reshape(shape))
        return self.graph.add("Add", scaled, shift.astype(np.float32).reshape(shape))

    def residual(self, frames: str, name: str) -> str:
        if f"{name}.convolutions.0.convolution.weight" not in self.arrays:
            return frames
        layer = frames
        for place in range(2):
            layer = self.graph.add("Relu", self.normalize(layer, f"{name}.normalizations.{place}", True))
            layer = self.convolve(layer, f"{name}.convolutions.{place}", pad=True)
        return self.graph.add("Add", frames, layer)

    def pool_window(self, frames: str) -> str:
        """Make one row of a window's frames: [windows, channels, frames] to [windows, units]."""
        add, pooling, far = self.graph.add, self.settings["pooling"], frames
        for place, dilation in enumerate(self.settings["dilations"]):
            seen = self.convolve(far, f"dilated.{place}.convolution", dilation, pad=True)
            far = add("Add", far, add("Relu", self.normalize(seen, f"dilated.{place}.normalization", True)))
        if pooling == "flatten":
            return add("Flatten", add("Transpose", far, perm=[0, 2, 1]))
        if pooling == "attention":
            return self.attend(add("Transpose", far, perm=[0, 2, 1]))
        layers = [frames, far] if self.settings["dilations"] else [frames]
        return add("Concat", *(part for layer in layers for part in self.statistics(layer)), axis=1)

    def statistics(self, frames: str) -> list[str]:
        """Mean, maximum and root mean square over frames."""
        over, add = {"axes": [2], "keepdims": 0}, self.graph.add
        squares = add("ReduceMean", add("Mul", frames, frames), **over)
        return [add("ReduceMean", frames, **over), add("ReduceMax", frames, **over), add("Sqrt", squares)]

    def attend(self, frames: str) -> str:
        """Weighted mean and deviation of frames [windows, frames, channels]: [windows, 2 x channels]."""
        add = self.graph.add
        hidden = add("Tanh", self.dense(frames, "attention.hidden"))
        weights = add("Softmax", self.dense(hidden, "attention.weights"), axis=1)
        mean = add("ReduceSum", add("Mul", weights, frames), np.array([1]), keepdims=1)
        away = add("Sub", frames, mean)
        variance = add("ReduceSum", add("Mul", weights, add("Mul", away, away)), np.array([1]), keepdims=0)
        deviation = add("Sqrt", add("Add", variance, np.float32(1e-6)))
        return add("Concat", add("Squeeze", mean, np.array([1])), deviation, axis=1)
