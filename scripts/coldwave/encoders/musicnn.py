"""MusiCNN (Pons and Serra 2019): an embedding and tags of a window of three seconds, by torch.

Filters as tall as an instrument's timbre and as long as a rhythm, three layers that add to each other, the maximum and
the mean over time of all of them, and two dense layers. Equal to the network of the package ``musicnn`` up to rounding,
and built for speed: filters that have died out in training are not computed, as they give the same for all audio.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv1d, pad

from coldwave.encoders.front_end import Horizontal, Layer, Vertical

FRAMES, BANDS = 187, 96  # of a window
EMBEDDING = 200
TALL, LONG = ("conv2d", "conv2d_1"), ("conv2d_2", "conv2d_3", "conv2d_4")  # layers of the front end, by their shape
MIDDLE = ("conv2d_5", "conv2d_6", "conv2d_7")
EPSILON = 0.001  # that TensorFlow adds to a variance


class MusiCNN:
    """The network, from its weights by TensorFlow's names (``coldwave.encoders.musicnn_weights``)."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self._normal = [float(value[0]) for value in _normalisation(weights, 0)]
        front = [_layer(weights, name, number) for number, name in enumerate(TALL + LONG, start=1)]
        live = [layer.live() for layer in front]
        kept = [layer.only(which) for layer, which in zip(front, live, strict=True)]
        self._front = [Vertical(layer, BANDS) for layer in kept[: len(TALL)]] + list(map(Horizontal, kept[len(TALL) :]))
        heard = np.concatenate(live)
        constants = torch.as_tensor(np.concatenate([layer.constants() for layer in front])[~heard])

        self._middle = [_Middle(_layer(weights, name, number)) for number, name in enumerate(MIDDLE, start=6)]
        self._added = self._middle[0].of_constants(constants, ~heard)
        self._middle[0].keep(heard)

        scale, shift = map(torch.as_tensor, _normalisation(weights, 9))
        dense = torch.as_tensor(weights["dense/kernel"].copy())
        pooled = (scale[:, None] * dense).view(-1, 2, EMBEDDING)  # of each feature its maximum and its mean
        still = np.concatenate([~heard, np.zeros(len(pooled) - len(heard), bool)])  # pooled, constants stay as they are
        self._dense = pooled[~still].reshape(-1, EMBEDDING)
        self._bias = torch.as_tensor(weights["dense/bias"]) + shift @ dense + constants @ pooled[still].sum(1)
        self._scale, self._shift = map(torch.as_tensor, _normalisation(weights, 10))
        self._tags, self._tag_bias = (torch.as_tensor(weights[f"dense_1/{part}"].copy()) for part in ("kernel", "bias"))

    @torch.inference_mode()
    def embed(self, windows: np.ndarray) -> np.ndarray:
        """Return the embeddings, float32 [n, 200], of windows: float32 [n, 187, 96] of ``log10(1 + 10000 power)``."""
        scale, shift = self._normal
        normal = torch.as_tensor(windows) * scale + shift
        found = [torch.cat([filters(normal) for filters in self._front], dim=2)]
        found.append(self._middle[0](found[0], self._added))
        for layer in self._middle[1:]:
            found.append(layer(found[-1]) + found[-1])
        features = torch.cat(found, dim=2)
        pooled = torch.stack([features.amax(1), features.mean(1)], dim=2).flatten(1)
        return (torch.relu(pooled @ self._dense + self._bias) * self._scale + self._shift).numpy(force=True)

    @torch.inference_mode()
    def tags(self, embeddings: np.ndarray) -> np.ndarray:
        """Return how much each tag fits, from 0 to 1: float32 [n, 50] of embeddings [n, 200]."""
        return torch.sigmoid(torch.as_tensor(embeddings) @ self._tags + self._tag_bias).numpy(force=True)


class _Middle:
    """A convolution along time over all features, rectified and normalised."""

    def __init__(self, layer: Layer) -> None:
        self._kernel = torch.as_tensor(layer.kernel.transpose(2, 1, 0).copy())  # [filters, features, frames]
        self._bias, self._scale, self._shift = map(torch.as_tensor, (layer.bias, layer.scale, layer.shift))

    def of_constants(self, constants: Tensor, where: np.ndarray) -> Tensor:
        """What features that are constant over a window add to the convolution: [filters, frames]."""
        kernel = (self._kernel[:, where] * constants[:, None]).sum(1, keepdim=True)
        return self._convolved(torch.ones(1, 1, FRAMES), kernel)[0]

    def keep(self, where: np.ndarray) -> None:
        """Leave out the other features."""
        self._kernel = self._kernel[:, where].contiguous()

    def __call__(self, features: Tensor, added: Tensor | float = 0.0) -> Tensor:
        """Return [n, frames, filters] of features [n, frames, features]."""
        found = (self._convolved(features.transpose(1, 2), self._kernel) + added).transpose(1, 2)
        return torch.relu(found + self._bias) * self._scale + self._shift

    def _convolved(self, features: Tensor, kernel: Tensor) -> Tensor:
        before = (kernel.shape[2] - 1) // 2
        return conv1d(pad(features, (before, before)), kernel)


def _layer(weights: Mapping[str, np.ndarray], name: str, number: int) -> Layer:
    """Put together a convolution and the normalisation that follows it."""
    return Layer(weights[f"{name}/kernel"][:, :, 0], weights[f"{name}/bias"].copy(), *_normalisation(weights, number))


def _normalisation(weights: Mapping[str, np.ndarray], number: int) -> tuple[np.ndarray, np.ndarray]:
    """Make one factor and one summand of a batch normalisation's statistics and weights, each [features]."""
    name = f"batch_normalization_{number}" if number else "batch_normalization"
    parts = ("gamma", "beta", "moving_mean", "moving_variance")
    gamma, beta, mean, variance = (weights[f"{name}/{part}"] for part in parts)
    scale = gamma / np.sqrt(variance + np.float32(EPSILON))
    return scale, beta - mean * scale
