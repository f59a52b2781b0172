"""What may be added to the network: against torch's own layers and numpy, and harmless where it is not asked for."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from coldwave.models.cnn.layers import (
    AttentionPooling,
    ChannelNormalization,
    ResidualBlock,
    TimeConvolution,
    _image_of,
)
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


@settings(deadline=None, max_examples=50)
@given(
    st.integers(1, 3), st.integers(1, 20), st.integers(1, 4), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3),
    st.integers(1, 3), st.integers(0, 9),
)  # fmt: skip
def test_convolution_over_time_is_the_sum_that_it_stands_for(
    batch, length, inputs, outputs, kernel, padding, dilation, seed
):
    assume(length + 2 * padding > (kernel - 1) * dilation)
    torch.manual_seed(seed)
    layer = TimeConvolution(inputs, outputs, kernel, padding, dilation).double()
    frames = torch.randn(batch, length, inputs, dtype=torch.double)
    weight, bias = (tensor.detach().numpy() for tensor in layer.convolution.parameters())
    assert weight.shape == (outputs, inputs, kernel, 1)  # as in models' files
    padded = np.pad(frames.numpy(), ((0, 0), (padding, padding), (0, 0)))
    left = padded.shape[1] - (kernel - 1) * dilation
    expected = bias + sum(
        padded[:, place * dilation : place * dilation + left] @ weight[:, :, place, 0].T for place in range(kernel)
    )
    np.testing.assert_allclose(layer(frames).detach().numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("padding", "dilation"), [(0, 1), (1, 1), (4, 4)])
def test_values_and_gradients_of_the_convolution_equal_conv1ds(padding, dilation, dtype):
    torch.manual_seed(0)
    layer = TimeConvolution(32, 48, 3, padding, dilation).to(dtype)
    plain = nn.Conv1d(32, 48, 3, padding=padding, dilation=dilation, dtype=dtype)
    plain.weight.data, plain.bias.data = layer.convolution.weight.data[..., 0].clone(), layer.convolution.bias.data
    ours = torch.randn(6, 40, 32, dtype=dtype, requires_grad=True)
    theirs = ours.detach().clone().requires_grad_()
    found, expected = layer(ours), plain(theirs.transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(found, expected)
    direction = torch.randn_like(found)
    found.backward(direction)
    expected.backward(direction)
    torch.testing.assert_close(ours.grad, theirs.grad)
    torch.testing.assert_close(layer.convolution.weight.grad[..., 0], plain.weight.grad, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(layer.convolution.bias.grad, plain.bias.grad, rtol=1e-4, atol=1e-4)


def test_the_convolution_reads_frames_where_they_lie():
    image = _image_of(torch.randn(3, 20, 7))
    assert image.is_contiguous(memory_format=torch.channels_last)
    layer = TimeConvolution(7, 5, 3)
    assert layer.convolution.weight.squeeze(3).unsqueeze(2).is_contiguous(memory_format=torch.channels_last)
    assert layer(torch.randn(3, 20, 7)).is_contiguous()


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
