"""The network: its layers against torch's own, and the average over windows."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from torch import nn

from coldwave.models.cnn.layers import pool_time, statistics_over_time
from coldwave.models.cnn.network import LAYERS, SongNetwork, average_by_song, frames_after

BANDS, FACTORS = 16, 3


def network(window=40, seed=0):
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    return SongNetwork(
        window=window,
        channels=[6, 5],
        kernel=4,
        pool=2,
        pooling="flatten",
        dense=[8],
        band_mean=rng.standard_normal(BANDS),
        band_scale=rng.random(BANDS) + 1,
        target_mean=rng.standard_normal(FACTORS),
        target_map=2 * np.eye(FACTORS),
    ).eval()


@pytest.mark.parametrize(("frames", "pool"), [(12, 4), (13, 4), (15, 2), (4, 4)])
def test_pooling_equals_max_pool1d(frames, pool):
    values = torch.randn(3, frames, 7)
    expected = nn.functional.max_pool1d(values.transpose(1, 2), pool).transpose(1, 2)
    assert torch.equal(pool_time(values, pool), expected)


@pytest.mark.parametrize("normalization", ["none", "batch"])
def test_embedding_equals_the_layers_in_the_papers_order(normalization):
    """ReLU before pooling, and pooling as a maximum over an axis of its own: values and gradients."""
    torch.manual_seed(0)
    net = SongNetwork(40, [6, 5], 4, 2, "flatten", [8], np.ones(BANDS), np.full(BANDS, 2), np.zeros(FACTORS),
                      np.eye(FACTORS), normalization=normalization)  # fmt: skip
    windows, gradients = torch.randn(4, 40, BANDS), []
    layer = (windows - net.band_mean) / net.band_scale
    for convolve, normalize in zip(net.convolutions, net.normalizations, strict=True):
        layer = torch.relu(normalize(convolve(layer)))
        layer = layer[:, : layer.shape[1] // 2 * 2].unflatten(1, (-1, 2)).amax(dim=2)
    expected = torch.relu(net.hidden_normalizations[0](net.hidden[0](layer.flatten(1))))
    kept = windows.clone()
    found = net.embed(windows)
    assert torch.equal(windows, kept)
    torch.testing.assert_close(found, expected)
    for values in (found, expected):
        gradients.append(torch.autograd.grad(values.square().sum(), list(net.convolutions.parameters())))
    for ours, plain in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, plain, rtol=1e-4, atol=1e-4)


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
    plain.target_map.copy_(torch.eye(FACTORS))
    assert torch.allclose(net(shifted), plain(windows) * 2 + net.target_mean, atol=1e-4)


def test_the_average_is_of_each_songs_windows():
    predicted = torch.randn(7, FACTORS)
    owners = torch.tensor([0, 0, 2, 1, 2, 2, 0])
    found = average_by_song(predicted, owners, 3)
    for song in range(3):
        assert torch.allclose(found[song], predicted[owners == song].mean(dim=0), atol=1e-6)


# The 2014 network

PRESET = Path(__file__).parents[4] / "presets" / "network-2014.yaml"


@pytest.fixture(scope="module")
def network_2014():
    model = yaml.safe_load(PRESET.read_text())["models"]["cnn_2014"]
    layers = {name: model[name] for name in LAYERS if name in model}
    torch.manual_seed(0)
    return SongNetwork(**layers, band_mean=np.zeros(128), band_scale=np.ones(128), target_mean=np.zeros(40),
                       target_map=np.eye(40)).eval()  # fmt: skip


def test_the_2014_networks_shapes_are_the_posts(network_2014):
    """599 frames: convolutions without padding, as 596 / 4 = 149, (149 - 3) / 2 = 73 and (73 - 3) / 2 = 35."""
    shapes = []

    def note(_module, inputs, outputs):
        shapes.append((tuple(inputs[0].shape[1:]), tuple(outputs.shape[1:])))

    for module in (*network_2014.convolutions, *network_2014.hidden, network_2014.output):
        module.register_forward_hook(note)
    with torch.inference_mode():
        assert network_2014(torch.randn(2, 599, 128)).shape == (2, 40)
    assert shapes == [
        ((599, 128), (596, 256)),
        ((149, 256), (146, 256)),
        ((73, 256), (70, 512)),
        ((35, 512), (32, 512)),
        ((1536,), (2048,)),
        ((2048,), (2048,)),
        ((2048,), (40,)),
    ]


def test_statistics_over_time_equal_numpys():
    frames = torch.relu(torch.randn(3, 11, 7))
    found, plain = statistics_over_time(frames).numpy(), frames.numpy()
    expected = [plain.mean(axis=1), plain.max(axis=1), np.linalg.norm(plain, axis=1) / 11**0.5]
    assert found == pytest.approx(np.concatenate(expected, axis=1), rel=1e-5)


def test_silent_channels_have_a_finite_gradient():
    frames = torch.zeros(2, 5, 3, requires_grad=True)
    statistics_over_time(frames).sum().backward()
    assert torch.isfinite(frames.grad).all()


def test_each_layer_pools_as_its_number_says():
    assert frames_after(40, 2, 4, [3, 1]) == 9  # 40 -> 37 -> 12 -> 9 -> 9
    torch.manual_seed(0)
    net = SongNetwork(40, [6, 5], 4, [3, 1], "flatten", [8], np.zeros(BANDS), np.ones(BANDS), np.zeros(FACTORS),
                      np.eye(FACTORS))  # fmt: skip
    assert net.hidden[0].in_features == 9 * 5
    assert net(torch.randn(2, 40, BANDS)).shape == (2, FACTORS)
