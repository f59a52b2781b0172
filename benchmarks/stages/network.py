"""Time the network's convolution and torch's Conv1d: forward and backward pass of one training batch."""

import torch
from timing import compare
from torch import nn

from coldwave.models.cnn.layers import TimeConvolution

BATCH, FRAMES, INPUTS, OUTPUTS, KERNEL = 64, 129, 128, 128, 4

torch.manual_seed(0)
windows = torch.randn(BATCH, FRAMES, INPUTS)
ours, plain = TimeConvolution(INPUTS, OUTPUTS, KERNEL), nn.Conv1d(INPUTS, OUTPUTS, KERNEL)


def step(layer, batch):
    layer(batch).square().mean().backward()


compare(
    f"{BATCH} windows of {FRAMES} frames, {INPUTS} to {OUTPUTS} channels, {torch.get_num_threads()} threads",
    {
        "channels last (coldwave)": lambda: step(ours, windows),
        "Conv1d (torch)": lambda: step(plain, windows.transpose(1, 2)),
        "Conv1d (torch), contiguous input": lambda: step(plain, windows.transpose(1, 2).contiguous()),
    },
    rounds=20,
)
