"""What may be added to the network: against torch's own layers and numpy, and harmless where it is not asked for."""

import numpy as np
import pytest
import torch
from torch import nn

from coldwave.models.cnn.layers import AttentionPooling, ChannelNormalization, ResidualBlock, TimeConvolution
from coldwave.models.cnn.network import SongNetwork

BANDS, FACTORS = 16, 3


def network(seed=0, **changes):
    torch.manual_seed(seed)
    settings = {"window": 40, "channels": [6, 5], "kernel": 4, "pool": 2, "pooling": "flatten", "dense": [8]}
    statistics = {"band_mean": np.zeros(BANDS), "band_scale": np.ones(BANDS), "target_mean": np.zeros(FACTORS)}
    return SongNetwork(**settings | changes, **statistics, target_map=np.eye(FACTORS))


def test_normalisation_equals_torchs_over_all_frames():
    own, plain = ChannelNormalization(5), nn.BatchNorm1d(5)
    for _ in range(2):
        frames = torch.randn(3, 11, 5) * 4 + 2
        expected = plain(frames.transpose(1, 2)).transpose(1, 2)
        assert torch.allclose(own(frames), expected, atol=1e-5)
    for name, tensor in plain.state_dict().items():
        assert torch.allclose(own.state_dict()[name].double(), tensor.double(), atol=1e-5)
    frames = torch.randn(2, 5)
    assert torch.allclose(own.eval()(frames), plain.eval()(frames), atol=1e-5)


def test_a_batch_of_one_song_can_be_trained_on():
    net = network(normalization="batch").train()
    net(torch.randn(8, 40, BANDS))
    before = {name: tensor.clone() for name, tensor in net.hidden_normalizations.state_dict().items()}
    predicted = net(torch.randn(1, 40, BANDS))  # its dense layer has one row, which has no variance
    predicted.sum().backward()
    assert torch.isfinite(predicted).all()
    after = net.hidden_normalizations.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_padding_keeps_frames_where_they_are():
    layer, plain = TimeConvolution(7, 5, 3, 1), nn.Conv1d(7, 5, 3, padding=1)
    plain.weight.data, plain.bias.data = layer.convolution.weight.data[..., 0], layer.convolution.bias.data
    frames = torch.randn(3, 20, 7)
    assert torch.allclose(layer(frames), plain(frames.transpose(1, 2)).transpose(1, 2), atol=1e-5)


@pytest.mark.parametrize("normalization", ["none", "batch"])
def test_an_untrained_residual_block_changes_nothing_and_learns(normalization):
    block = ResidualBlock(5, normalization)
    frames = torch.randn(3, 9, 5)
    assert torch.equal(block(frames), frames)
    block(frames).square().sum().backward()
    assert block.convolutions[1].convolution.weight.grad.abs().max() > 0


def test_a_residual_block_adds_what_its_convolutions_make():
    block = ResidualBlock(5, "none")
    nn.init.normal_(block.convolutions[1].convolution.weight)
    frames = torch.randn(3, 9, 5)
    first, second = block.convolutions
    assert torch.allclose(block(frames), frames + second(torch.relu(first(torch.relu(frames)))))


def test_attention_with_equal_weights_is_mean_and_deviation():
    pooling = AttentionPooling(5)
    nn.init.zeros_(pooling.weights.weight)
    frames = torch.randn(3, 11, 5)
    expected = np.concatenate([frames.numpy().mean(axis=1), frames.numpy().std(axis=1)], axis=1)
    assert pooling(frames).detach().numpy() == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_attention_pools_by_its_weights():
    pooling = AttentionPooling(5)
    frames = torch.randn(3, 11, 5)
    plain = frames.numpy().astype(float)
    hidden = np.tanh(plain @ pooling.hidden.weight.detach().numpy().T + pooling.hidden.bias.detach().numpy())
    scores = np.exp(hidden @ pooling.weights.weight.detach().numpy().T + pooling.weights.bias.detach().numpy())
    weights = scores / scores.sum(axis=1, keepdims=True)
    mean = (weights * plain).sum(axis=1)
    deviation = np.sqrt((weights * plain**2).sum(axis=1) - mean**2 + 1e-6)
    expected = np.concatenate([mean, deviation], axis=1)
    assert pooling(frames).detach().numpy() == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_equal_frames_have_a_finite_gradient():
    frames = torch.ones(2, 5, 3, requires_grad=True)
    AttentionPooling(3)(frames).sum().backward()
    assert torch.isfinite(frames.grad).all()


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({}, 7 * 5),  # 40 -> 37 -> 18 -> 15 -> 7 frames
        ({"pooling": "statistics"}, 3 * 5),
        ({"pooling": "attention"}, 2 * 5),
        ({"blocks": "residual", "normalization": "batch"}, 7 * 5),
        ({"pool": 1}, 34 * 5),
    ],
)
def test_shapes(changes, seen):
    net = network(**changes)
    assert net.hidden[0].in_features == seen
    assert net(torch.randn(4, 40, BANDS)).shape == (4, FACTORS)


def test_the_papers_layers_begin_alike_whatever_is_added():
    plain = network().state_dict()
    added = network(blocks="residual", normalization="batch", dropout=0.5).state_dict()
    assert set(plain) < set(added)
    assert all(torch.equal(plain[name], added[name]) for name in plain)


def test_dropout_is_for_training_alone():
    net, plain = network(dropout=0.5), network()
    windows = torch.randn(4, 40, BANDS)
    assert torch.equal(net.eval()(windows), plain.eval()(windows))
    net.train()
    assert not torch.equal(net(windows), net(windows))
    assert torch.equal(plain.train()(windows), plain(windows))
