"""MusiCNN on the windows of a song of 30 s, beside its layers one by one as torch computes them.

The weights are made up where MusiCNN's are not installed, with as many filters that have died out.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from timing import Row, compare
from torch.nn.functional import batch_norm, conv2d, max_pool2d, pad

from coldwave.encoders.musicnn import BANDS, EPSILON, FRAMES, MusiCNN
from coldwave.encoders.musicnn_weights import read_weights, weights_folder
from coldwave.errors import InputError

sys.path.append(str(Path(__file__).parents[2] / "tests/coldwave/encoders"))
from plain_musicnn import SHAPES, made_up_weights

WINDOWS = 10
AIM = 0.020  # seconds a window


class _Plain:
    """The network layer by layer, with torch's convolutions, in one of torch's layouts."""

    def __init__(self, weights: Mapping[str, np.ndarray], layout: torch.memory_format) -> None:
        tensors = {name: torch.as_tensor(array) for name, array in weights.items()}
        self.layout = layout
        names = [name for name in SHAPES if name.startswith("conv2d")]
        self.kernels = [
            tensors[f"{name}/kernel"].permute(3, 2, 0, 1).contiguous(memory_format=layout) for name in names
        ]
        self.biases = [tensors[f"{name}/bias"] for name in names]
        self.dense, self.dense_bias = tensors["dense/kernel"], tensors["dense/bias"]
        names = [f"batch_normalization_{number}" if number else "batch_normalization" for number in range(11)]
        parts = ("moving_mean", "moving_variance", "gamma", "beta")
        self.normal = [[tensors[f"{name}/{part}"] for part in parts] for name in names]

    def _normalised(self, values: torch.Tensor, number: int) -> torch.Tensor:
        return batch_norm(values, *self.normal[number], eps=EPSILON)

    def _layer(self, values: torch.Tensor, number: int) -> torch.Tensor:
        """Of [n, 1, frames, bands] the layer's answers: [n, filters, frames, places]."""
        frames = self.kernels[number].shape[2]
        padded = pad(values, (0, 0, (frames - 1) // 2, frames - 1 - (frames - 1) // 2))
        found = conv2d(padded.contiguous(memory_format=self.layout), self.kernels[number], self.biases[number])
        return self._normalised(torch.relu(found), number + 1)

    @torch.inference_mode()
    def embed(self, windows: np.ndarray) -> np.ndarray:
        values = self._normalised(torch.as_tensor(windows)[:, None], 0)
        front = [self._layer(values, number) for number in range(5)]
        front = [max_pool2d(answers, (1, answers.shape[3]))[..., 0] for answers in front]
        found = [torch.cat(front, dim=1)]
        for number in (5, 6, 7):
            answers = self._layer(found[-1].transpose(1, 2)[:, None], number)[..., 0]
            found.append(answers if number == 5 else answers + found[-1])
        features = torch.cat(found, dim=1)
        pooled = torch.stack([features.amax(2), features.mean(2)], dim=2).flatten(1)
        dense = torch.relu(self._normalised(pooled, 9) @ self.dense + self.dense_bias)
        return self._normalised(dense, 10).numpy()


def _musicnn() -> Row:
    try:
        weights, whose = read_weights(weights_folder()), "MusiCNN's own weights"
    except InputError:
        weights, whose = made_up_weights(np.random.default_rng(0), 0.89), "made-up weights"
    windows = np.random.default_rng(0).uniform(0, 3, (WINDOWS, FRAMES, BANDS)).astype(np.float32)
    network = MusiCNN(weights)
    plain, last = _Plain(weights, torch.contiguous_format), _Plain(weights, torch.channels_last)
    difference = np.abs(network.embed(windows) - plain.embed(windows)).max()
    assert difference < 1e-3, difference
    return compare(
        f"encoder: MusiCNN's embedding, {WINDOWS} windows, {torch.get_num_threads()} threads",
        {
            "coldwave": lambda: network.embed(windows),
            "layer by layer (torch)": lambda: plain.embed(windows),
            "layer by layer, channels last (torch)": lambda: last.embed(windows),
        },
        rounds=3,
        most_seconds=AIM * WINDOWS,
        note=f"{whose}; the aim is {1000 * AIM:.0f} ms a window",
    )


ROWS = {"musicnn": _musicnn}
