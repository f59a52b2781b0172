"""The network: its layers against torch's own, and the average over windows."""

import numpy as np
import pytest
import torch
from torch import nn

from coldwave.cnn.network import SongNetwork, TimeConvolution, average_by_song, frames_after, pool_time

BANDS, FACTORS = 16, 3


def network(window=40, seed=0):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    return SongNetwork(
        window=window,
        channels=[6, 5],
        kernel=4,
        pool=2,
        dense=[8],
        band_mean=rng.standard_normal(BANDS),
        band_scale=rng.random(BANDS) + 1,
        target_mean=rng.standard_normal(FACTORS),
        target_scale=2.0,
    ).eval()


def test_convolution_over_time_equals_conv1d():
    layer, plain = TimeConvolution(7, 5, 4), nn.Conv1d(7, 5, 4)
    plain.weight.data = layer.convolution.weight.data[..., 0]
    plain.bias.data = layer.convolution.bias.data
    frames = torch.randn(3, 20, 7)
    expected = plain(frames.transpose(1, 2)).transpose(1, 2)
    assert torch.allclose(layer(frames), expected, atol=1e-5)


@pytest.mark.parametrize(("frames", "pool"), [(12, 4), (13, 4), (15, 2), (4, 4)])
def test_pooling_equals_max_pool1d(frames, pool):
    values = torch.randn(3, frames, 7)
    expected = nn.functional.max_pool1d(values.transpose(1, 2), pool).transpose(1, 2)
    assert torch.equal(pool_time(values, pool), expected)


def test_frames_left_by_hand():
    assert frames_after(129, 2, 4, 4) == 7  # 129 → 126 → 31 → 28 → 7
    assert frames_after(10, 2, 4, 4) < 1


def test_a_window_too_short_for_the_layers_is_refused():
    with pytest.raises(ValueError, match="window of 8 frames"):
        network(window=8)


def test_the_bands_and_targets_are_scaled():
    net = network()
    windows = torch.randn(4, 40, BANDS)
    shifted = windows * net.band_scale + net.band_mean
    plain = network()
    plain.band_mean.zero_()
    plain.band_scale.fill_(1)
    plain.target_mean.zero_()
    plain.target_scale.fill_(1)
    assert torch.allclose(net(shifted), plain(windows) * 2 + net.target_mean, atol=1e-4)


def test_the_average_is_of_each_songs_windows():
    predicted = torch.randn(7, FACTORS)
    owners = torch.tensor([0, 0, 2, 1, 2, 2, 0])
    found = average_by_song(predicted, owners, 3)
    for song in range(3):
        assert torch.allclose(found[song], predicted[owners == song].mean(dim=0), atol=1e-6)
