"""The paper's convolutional network: convolution and pooling over time only (section 5.2)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

LAYERS = ("window", "channels", "kernel", "pool", "pooling", "dense")  # the settings that a network is built from


def pools_of(pool: int | Sequence[int], layers: int) -> list[int]:
    """The frames that each convolutional layer pools, where one number stands for all layers."""
    return [pool] * layers if isinstance(pool, int) else list(pool)


def frames_after(window: int, layers: int, kernel: int, pool: int | Sequence[int]) -> int:
    """Count the frames left after the convolutional layers; below 1 the window is too short for them."""
    for frames in pools_of(pool, layers):
        window = (window - kernel + 1) // frames
    return window


class TimeConvolution(nn.Module):
    """Convolution over time, all channels at once: [batch, frames, inputs] → [batch, frames - kernel + 1, outputs].

    The same as ``nn.Conv1d`` over [batch, inputs, frames]. It is written as a two-dimensional convolution with the
    channels last in memory, which runs several times faster on a processor and as fast on a GPU.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, (kernel, 1))
        self.convolution.to(memory_format=torch.channels_last)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        # a permuted view of [batch, frames, inputs] already lies in memory as channels_last wants it
        convolved = self.convolution(frames.permute(0, 2, 1).unsqueeze(-1))
        return convolved.squeeze(-1).permute(0, 2, 1)


def pool_time(frames: torch.Tensor, pool: int) -> torch.Tensor:
    """Take the maximum of each ``pool`` frames: [batch, frames, channels] → [batch, frames // pool, channels]."""
    whole = frames.shape[1] // pool * pool
    return frames[:, :whole].unflatten(1, (-1, pool)).amax(dim=2)


def statistics_over_time(frames: torch.Tensor) -> torch.Tensor:
    """Pool over all of time: [batch, frames, channels] → [batch, 3 x channels], mean, maximum and L2.

    L2 is the norm over time divided by the square root of the frames (a root mean square), so that the three are
    as large as each other whatever the window.
    """
    norm = torch.linalg.vector_norm(frames, dim=1) / frames.shape[1] ** 0.5
    return torch.cat([frames.mean(dim=1), frames.amax(dim=1), norm], dim=1)


class SongNetwork(nn.Module):
    """From windows of log-mel to song factors.

    Convolutional layers over time, each followed by ReLU and max-pooling; a hidden dense layer (or several) with
    ReLU; a dense output layer. The inputs are standardised for each mel band, and the outputs are scaled back,
    by statistics of training songs that are stored with the weights.

    Parameters
    ----------
    pool : frames pooled after each convolutional layer, or after all of them alike; 1 pools nothing
    pooling : what the dense layers see: ``flatten``, every frame that is left, or ``statistics`` over them
    band_mean, band_scale : float32 [mel bands], of training frames
    target_mean : float32 [factors]; target_scale : one number
    """

    def __init__(
        self,
        window: int,
        channels: Sequence[int],
        kernel: int,
        pool: int | Sequence[int],
        pooling: str,
        dense: Sequence[int],
        band_mean: np.ndarray,
        band_scale: np.ndarray,
        target_mean: np.ndarray,
        target_scale: float,
    ):
        super().__init__()
        self.pools, self.pooling = pools_of(pool, len(channels)), pooling
        self.register_buffer("band_mean", torch.as_tensor(band_mean, dtype=torch.float32))
        self.register_buffer("band_scale", torch.as_tensor(band_scale, dtype=torch.float32))
        self.register_buffer("target_mean", torch.as_tensor(target_mean, dtype=torch.float32))
        self.register_buffer("target_scale", torch.tensor(float(target_scale)))
        sizes = [len(band_mean), *channels]
        self.convolutions = nn.ModuleList(
            TimeConvolution(inputs, outputs, kernel) for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True)
        )
        left = frames_after(window, len(channels), kernel, pool)
        if left < 1:
            raise ValueError(f"a window of {window} frames is too short for these layers")
        sizes = [(3 if pooling == "statistics" else left) * sizes[-1], *dense]
        self.hidden = nn.ModuleList(
            nn.Linear(inputs, outputs) for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True)
        )
        self.output = nn.Linear(sizes[-1], len(target_mean))

    def arrays(self) -> dict[str, np.ndarray]:
        """Weights and statistics as arrays, by their names in the state."""
        return {name: tensor.cpu().contiguous().numpy() for name, tensor in self.state_dict().items()}

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """Predict factors: float [windows, frames, mel bands] → float32 [windows, factors]."""
        layer = (windows - self.band_mean) / self.band_scale
        for convolution, pool in zip(self.convolutions, self.pools, strict=True):
            layer = pool_time(torch.relu(convolution(layer)), pool)
        layer = statistics_over_time(layer) if self.pooling == "statistics" else layer.flatten(1)
        for dense in self.hidden:
            layer = torch.relu(dense(layer))
        return self.output(layer).float() * self.target_scale + self.target_mean


def average_by_song(predicted: torch.Tensor, owners: torch.Tensor, songs: int) -> torch.Tensor:
    """Average the windows of each song: [windows, factors] and int [windows] in 0..songs-1 → [songs, factors]."""
    sums = torch.zeros(songs, predicted.shape[1], dtype=predicted.dtype, device=predicted.device)
    sums.index_add_(0, owners, predicted)
    return sums / torch.bincount(owners, minlength=songs).clamp(min=1).unsqueeze(1)
