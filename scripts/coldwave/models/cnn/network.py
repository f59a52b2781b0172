"""The paper's convolutional network, convolution and pooling over time only (section 5.2), and its extensions."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from coldwave.models.cnn.layers import (
    AttentionPooling,
    DilatedBlock,
    ResidualBlock,
    TimeConvolution,
    normalization_of,
    pool_time,
    statistics_over_time,
)

# the settings that a network is built from
LAYERS = ("window", "channels", "kernel", "pool", "pooling", "dense", "normalization", "blocks", "dilations", "dropout")
STATISTICS = ("band_mean", "band_scale", "target_mean", "target_map")  # of the training songs, kept with the weights


def pools_of(pool: int | Sequence[int], layers: int) -> list[int]:
    """Return the frames that each convolutional layer pools; one number stands for all layers."""
    return [pool] * layers if isinstance(pool, int) else list(pool)


def frames_after(window: int, layers: int, kernel: int, pool: int | Sequence[int]) -> int:
    """Count the frames left after the convolutional layers; below 1 the window is too short for them."""
    for frames in pools_of(pool, layers):
        window = (window - kernel + 1) // frames
    return window


class Stored(nn.Module):
    """A module whose weights and statistics are written to a file."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Weights and statistics as arrays, by their names in the state."""
        return {name: tensor.cpu().contiguous().numpy() for name, tensor in self.state_dict().items()}


class SongNetwork(Stored):
    """From windows of log-mel to song factors.

    Convolutional layers over time, each followed by ReLU and max-pooling; a hidden dense layer (or several) with
    ReLU; a dense output layer. The inputs are standardised for each mel band, and the outputs are scaled back,
    by statistics of training songs that are stored with the weights. With its defaults it is the paper's network.

    Parameters
    ----------
    pool : frames pooled after each convolutional layer, or after all of them alike; 1 pools nothing
    pooling : what the dense layers see: ``flatten``, every frame that is left, ``statistics`` over them, or
        ``attention``, their weighted mean and deviation. With dilations, statistics are of the frames before the
        dilated blocks as well.
    band_mean, band_scale : float32 [mel bands], of training frames
    target_mean : float32 [factors]; target_map : float32 [factors, factors], from outputs to factors without their mean
    normalization : ``none``, or ``batch``, before the ReLU of each convolutional and hidden dense layer
    blocks : ``plain``, or ``residual``, a residual block after each convolutional layer's pooling
    dilations : of the dilated blocks after the last convolutional layer, one for each; none by default
    dropout : share of each hidden dense layer's units that are dropped in training
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
        target_map: np.ndarray,
        normalization: str = "none",
        blocks: str = "plain",
        dilations: Sequence[int] = (),
        dropout: float = 0.0,
    ):
        super().__init__()
        self.pools, self.pooling, self.factors = pools_of(pool, len(channels)), pooling, len(target_mean)
        self.register_buffer("band_mean", torch.as_tensor(band_mean, dtype=torch.float32))
        self.register_buffer("band_scale", torch.as_tensor(band_scale, dtype=torch.float32))
        self.register_buffer("target_mean", torch.as_tensor(target_mean, dtype=torch.float32))
        self.register_buffer("target_map", torch.as_tensor(target_map, dtype=torch.float32))
        sizes = [len(band_mean), *channels]
        self.convolutions = nn.ModuleList(
            TimeConvolution(inputs, outputs, kernel) for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True)
        )
        left = frames_after(window, len(channels), kernel, pool)
        if left < 1:
            raise ValueError(f"a window of {window} frames is too short for these layers")
        seen = {"flatten": left, "statistics": 6 if dilations else 3, "attention": 2}[pooling]
        sizes = [seen * sizes[-1], *dense]
        self.hidden = nn.ModuleList(
            nn.Linear(inputs, outputs) for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True)
        )
        self.output = nn.Linear(sizes[-1], len(target_mean))
        # made after the layers above, so that those start from the same weights with any of these
        self.normalizations = nn.ModuleList(normalization_of(normalization, size) for size in channels)
        self.hidden_normalizations = nn.ModuleList(normalization_of(normalization, size) for size in dense)
        self.blocks = nn.ModuleList(
            ResidualBlock(size, normalization) if blocks == "residual" else nn.Identity() for size in channels
        )
        self.dilated = nn.ModuleList(DilatedBlock(channels[-1], one, normalization) for one in dilations)
        self.attention = AttentionPooling(channels[-1]) if pooling == "attention" else None
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """Predict factors: float [windows, frames, mel bands] → float32 [windows, factors]."""
        return self.output(self.embed(windows)).float() @ self.target_map + self.target_mean

    def embed(self, windows: torch.Tensor) -> torch.Tensor:
        """Compute the last hidden layer: float [windows, frames, mel bands] → [windows, units]."""
        layer = (windows - self.band_mean).div_(self.band_scale)
        stages = zip(self.convolutions, self.normalizations, self.pools, self.blocks, strict=True)
        for convolve, normalize, pool, block in stages:
            # rectified after the maximum, which is the same: there are fewer frames
            layer = block(torch.relu(pool_time(normalize(convolve(layer)), pool)))
        layer = self._pool_window(layer)
        for dense, normalize in zip(self.hidden, self.hidden_normalizations, strict=True):
            layer = self.dropout(torch.relu(normalize(dense(layer))))
        return layer

    def _pool_window(self, frames: torch.Tensor) -> torch.Tensor:
        far = frames
        for block in self.dilated:
            far = block(far)
        if self.attention is not None:
            return self.attention(far)
        if self.pooling == "flatten":
            return far.flatten(1)
        layers = [frames, far] if len(self.dilated) else [frames]
        return torch.cat([statistics_over_time(layer) for layer in layers], dim=1)


class SongEnsemble(Stored):
    """Networks that were trained alike from other seeds, as one model: the mean of their predictions.

    In its state, a network's names come after ``networks``, its number from 0, and dots.
    """

    def __init__(self, networks: Sequence[SongNetwork]):
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.factors = networks[0].factors

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """Predict factors: float [windows, frames, mel bands] → float32 [windows, factors]."""
        return torch.stack([network(windows) for network in self.networks]).mean(dim=0)


def average_by_song(predicted: torch.Tensor, owners: torch.Tensor, songs: int) -> torch.Tensor:
    """Average the windows of each song: [windows, factors] and int [windows] in 0..songs-1 → [songs, factors]."""
    sums = torch.zeros(songs, predicted.shape[1], dtype=predicted.dtype, device=predicted.device)
    sums.index_add_(0, owners, predicted)
    return sums / torch.bincount(owners, minlength=songs).clamp(min=1).unsqueeze(1)
