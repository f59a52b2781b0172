"""Time MusiCNN on the windows of a song of 30 s: its layers one by one as described, and as Coldwave computes them.

The weights are made up where MusiCNN's are not installed, with as many filters that have died out.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from timing import compare
from torch.nn.functional import batch_norm, conv2d, max_pool2d, pad

from coldwave.encoders import front_end
from coldwave.encoders.musicnn import BANDS, EPSILON, FRAMES, MusiCNN
from coldwave.encoders.musicnn_weights import read_weights, weights_folder
from coldwave.errors import InputError

sys.path.append(str(Path(__file__).parents[1] / "tests/coldwave/encoders"))
from plain_musicnn import SHAPES, made_up_weights

WINDOWS = 10
windows = np.random.default_rng(0).uniform(0, 3, (WINDOWS, FRAMES, BANDS)).astype(np.float32)


class Plain:
    """The network layer by layer, with torch's convolutions."""

    def __init__(self, weights, channels_last=False):
        tensors = {name: torch.as_tensor(array) for name, array in weights.items()}
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        names = [name for name in SHAPES if name.startswith("conv2d")]
        self.kernels = [
            tensors[f"{name}/kernel"].permute(3, 2, 0, 1).contiguous(memory_format=self.format) for name in names
        ]
        self.biases = [tensors[f"{name}/bias"] for name in names]
        self.dense, self.dense_bias = tensors["dense/kernel"], tensors["dense/bias"]
        names = [f"batch_normalization_{number}" if number else "batch_normalization" for number in range(11)]
        parts = ("moving_mean", "moving_variance", "gamma", "beta")
        self.normal = [[tensors[f"{name}/{part}"] for part in parts] for name in names]

    def _normalised(self, values, number):
        return batch_norm(values, *self.normal[number], eps=EPSILON)

    def _layer(self, values, number):
        """Of [n, 1, frames, bands] the layer's answers: [n, filters, frames, places]."""
        frames = self.kernels[number].shape[2]
        padded = pad(values, (0, 0, (frames - 1) // 2, frames - 1 - (frames - 1) // 2))
        found = conv2d(padded.contiguous(memory_format=self.format), self.kernels[number], self.biases[number])
        return self._normalised(torch.relu(found), number + 1)

    @torch.inference_mode()
    def embed(self, windows):
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


class All(front_end.Layer):
    """A layer of which no filter is left out."""

    def live(self):
        """All of them."""
        return np.ones(self.kernel.shape[2], bool)


def keeping_all(weights):
    """The network with all filters."""
    from coldwave.encoders import musicnn

    musicnn.Layer = All
    network = MusiCNN(weights)
    musicnn.Layer = front_end.Layer
    return network


try:
    weights, whose = read_weights(weights_folder()), "MusiCNN's weights"
except InputError:
    weights, whose = made_up_weights(np.random.default_rng(0), 0.89), "made-up weights"
one, plain, last, whole = MusiCNN(weights), Plain(weights), Plain(weights, channels_last=True), keeping_all(weights)
largest = np.abs(one.embed(windows) - plain.embed(windows)).max()
assert largest < 1e-3, largest
compare(
    f"{WINDOWS} windows, {whose}, {torch.get_num_threads()} threads",
    {
        "layer by layer": lambda: plain.embed(windows),
        "layer by layer, a window at a time": lambda: [plain.embed(windows[i : i + 1]) for i in range(WINDOWS)],
        "layer by layer, channels last": lambda: last.embed(windows),
        "matrix products, all filters": lambda: whole.embed(windows),
        "matrix products, live filters (coldwave)": lambda: one.embed(windows),
    },
)
