"""Layers of the network over [batch, frames, channels]: convolution, normalisation, residual block, pooling."""

import torch
from torch import nn
from torch.nn.functional import batch_norm, conv2d, max_pool2d

from coldwave.models.cnn.processes import number_of_processes, sum_over_processes

SIDE_KERNEL = 3  # frames of filters beside a skip connection: odd, so that padding keeps every frame in its place


class TimeConvolution(nn.Module):
    """Convolution over time, all channels at once: [batch, frames, inputs] → [batch, frames - kernel + 1, outputs].

    ``padding`` frames of zeros at both ends make the output 2 x padding frames longer. A filter looks at every
    ``dilation``-th frame, so it spans (kernel - 1) x dilation + 1 of them.

    The same as ``nn.Conv1d`` over [batch, inputs, frames], which a processor first copies into a layout of its own.
    An image with the channels last in memory is taken as it lies.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, padding: int = 0, dilation: int = 1):
        super().__init__()
        self.padding, self.dilation = (0, padding), (1, dilation)
        # keeps the weights, [outputs, inputs, kernel, 1] as in a model's file
        self.convolution = nn.Conv2d(inputs, outputs, (kernel, 1)).to(memory_format=torch.channels_last)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        weight, bias = self.convolution.weight.squeeze(3).unsqueeze(2), self.convolution.bias
        return _frames_of(conv2d(_image_of(frames), weight, bias, padding=self.padding, dilation=self.dilation))


def _image_of(frames: torch.Tensor) -> torch.Tensor:
    """[batch, frames, channels] as images with the channels last in memory, not copied: [batch, channels, 1, frames].

    Frames are the width, as the processor's kernels work along it: with frames as the height, the gradient of the
    weights takes twice as long.
    """
    return frames.transpose(1, 2).unsqueeze(2)


def _frames_of(image: torch.Tensor) -> torch.Tensor:
    return image.squeeze(2).transpose(1, 2)


class ChannelNormalization(nn.BatchNorm1d):
    """Batch normalisation of each channel over all frames of a batch: [..., channels] → the same shape.

    With several processes it is over the frames of all of them; torch's own layer for that works on GPUs alone. A
    single row has no variance: training then uses the running statistics, as prediction does.
    """

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        rows = values.flatten(0, -2)
        if self.training and number_of_processes() > 1:
            rows = self._over_processes(rows)
        elif self.training and len(rows) == 1:
            rows = batch_norm(rows, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        else:
            rows = super().forward(rows)
        return rows.view(values.shape)

    def _over_processes(self, rows: torch.Tensor) -> torch.Tensor:
        """The same in training, for this process's share of the rows; in single precision."""
        single = rows.float()
        count = sum_over_processes(torch.tensor(float(len(rows)), device=rows.device))
        mean = sum_over_processes(single.sum(dim=0)) / count
        variance = sum_over_processes((single - mean).square().sum(dim=0)) / count
        several = count > 1  # a tensor, as a condition in Python would make a GPU wait
        center = torch.where(several, mean, self.running_mean)
        scale = (torch.where(several, variance, self.running_var) + self.eps).rsqrt()
        with torch.no_grad():
            step = several * self.momentum
            self.num_batches_tracked += several
            self.running_mean += step * (mean - self.running_mean)
            self.running_var += step * (variance * count / (count - 1).clamp(min=1) - self.running_var)
        return ((single - center) * scale * self.weight + self.bias).to(rows.dtype)


def normalization_of(kind: str, channels: int) -> nn.Module:
    """Return the layer for a setting: ``batch``, or ``none``, which changes nothing."""
    return ChannelNormalization(channels) if kind == "batch" else nn.Identity()


class ResidualBlock(nn.Module):
    """Adds to its input what two convolutions make of it: [batch, frames, channels] → the same shape.

    Each convolution comes after normalisation and ReLU. The second one starts at zero, so that the untrained block
    changes nothing.
    """

    def __init__(self, channels: int, normalization: str):
        super().__init__()
        self.normalizations = nn.ModuleList(normalization_of(normalization, channels) for _ in range(2))
        self.convolutions = nn.ModuleList(
            TimeConvolution(channels, channels, SIDE_KERNEL, SIDE_KERNEL // 2) for _ in range(2)
        )
        for parameter in self.convolutions[1].parameters():
            nn.init.zeros_(parameter)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        layer = frames
        for normalize, convolve in zip(self.normalizations, self.convolutions, strict=True):
            layer = convolve(torch.relu(normalize(layer)))
        return frames + layer


class DilatedBlock(nn.Module):
    """Adds to its input one convolution that looks far along time: [batch, frames, channels] → the same shape.

    With dilations of 1, 2, 4 and 8 in turn, a frame of the last block has seen 31 frames of the first one's input.
    """

    def __init__(self, channels: int, dilation: int, normalization: str):
        super().__init__()
        padding = dilation * (SIDE_KERNEL // 2)
        self.convolution = TimeConvolution(channels, channels, SIDE_KERNEL, padding, dilation)
        self.normalization = normalization_of(normalization, channels)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return frames + torch.relu(self.normalization(self.convolution(frames)))


def pool_time(frames: torch.Tensor, pool: int) -> torch.Tensor:
    """Take the maximum of each ``pool`` frames: [batch, frames, channels] → [batch, frames // pool, channels]."""
    return _frames_of(max_pool2d(_image_of(frames), (1, pool)))


def statistics_over_time(frames: torch.Tensor) -> torch.Tensor:
    """Pool over all of time: [batch, frames, channels] → [batch, 3 x channels], mean, maximum and L2.

    L2 is the norm over time divided by the square root of the frames (a root mean square), so that the three are of
    similar size for every window.
    """
    norm = torch.linalg.vector_norm(frames, dim=1) / frames.shape[1] ** 0.5
    return torch.cat([frames.mean(dim=1), frames.amax(dim=1), norm], dim=1)


class AttentionPooling(nn.Module):
    """Weighted mean and deviation over time: [batch, frames, channels] → [batch, 2 x channels].

    A small network of two dense layers gives every frame a weight for each channel; over time they sum to one
    (attentive statistics pooling).
    """

    def __init__(self, channels: int):
        super().__init__()
        self.hidden = nn.Linear(channels, channels)
        self.weights = nn.Linear(channels, channels)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        weights = torch.softmax(self.weights(torch.tanh(self.hidden(frames))), dim=1)
        mean = (weights * frames).sum(dim=1)
        variance = (weights * (frames - mean.unsqueeze(1)).square()).sum(dim=1)
        return torch.cat([mean, (variance + 1e-6).sqrt()], dim=1)  # at zero the root has no finite gradient
