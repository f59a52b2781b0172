"""The network against plain numpy, on made-up weights, and against TensorFlow's own output, on the real ones."""

import numpy as np
import pytest
from plain_musicnn import made_up_weights, plain_embedding

from coldwave.encoders.front_end import Layer
from coldwave.encoders.musicnn import BANDS, FRAMES, MusiCNN
from coldwave.encoders.musicnn_weights import TAGS, read_weights, weights_folder
from coldwave.errors import InputError


@pytest.mark.parametrize("dead", [0.0, 0.9])
def test_the_network_is_the_plain_one(dead):
    rng = np.random.default_rng(1)
    weights = made_up_weights(rng, dead)
    windows = rng.uniform(0, 3, (2, FRAMES, BANDS)).astype(np.float32)
    network = MusiCNN(weights)
    found = network.embed(windows)
    for row, tags, window in zip(found, network.tags(found), windows, strict=True):
        embedding, plain_tags = plain_embedding(weights, window)
        np.testing.assert_allclose(row, embedding, rtol=0, atol=2e-4)
        np.testing.assert_allclose(tags, plain_tags, rtol=0, atol=2e-4)


def test_a_window_is_embedded_alike_alone_and_among_others():
    rng = np.random.default_rng(2)
    network = MusiCNN(made_up_weights(rng, 0.5))
    windows = rng.uniform(0, 3, (4, FRAMES, BANDS)).astype(np.float32)
    np.testing.assert_allclose(network.embed(windows)[2:3], network.embed(windows[2:3]), rtol=0, atol=1e-4)


def test_a_filter_counts_as_dead_only_if_it_can_change_nothing():
    kernel = np.zeros((7, 38, 3), np.float32)
    kernel[0, 0] = [1, 1e-9, 1e-9]
    layer = Layer(kernel, np.array([0.5, 0.5, -1]), np.array([2.0, 2.0, 1e6]), np.array([1.0, 1.0, 1.0]))
    assert layer.live().tolist() == [True, False, True]
    assert layer.constants().tolist() == [2, 2, 1]


# What TensorFlow 2.21 gives for two windows, from the graph that the package `musicnn` 0.1.0 builds and its weights.
REFERENCE = [
    (
        [-0.17718, 3.66932, -0.28483, 0.92706, 2.86192, 1.39138, 0.25497, -0.45711],
        0.76539,
        [0.00501, 0.000542, 0.002974, 0.000227, 0.032759],
    ),
    (
        [-0.17718, 2.2796, -0.28483, -0.27512, 0.6266, 0.92519, 0.96917, -0.45711],
        0.3542,
        [0.010234, 0.002207, 0.005636, 0.001693, 0.126345],
    ),
]


def _windows():
    frame, band = np.arange(FRAMES)[:, None], np.arange(BANDS)[None]
    first = 1.5 + 1.5 * np.sin(0.37 * frame + 0.11 * band + 0.01 * frame * band / 7)
    second = 2.0 * np.abs(np.cos(0.05 * frame * (1 + band / 40)))
    return np.stack([first, second]).astype(np.float32)


def test_the_weights_give_what_tensorflow_gives():
    try:
        network = MusiCNN(read_weights(weights_folder()))
    except InputError as error:
        pytest.skip(str(error))
    found = network.embed(_windows())
    for row, tags, (first, mean, first_tags) in zip(found, network.tags(found), REFERENCE, strict=True):
        np.testing.assert_allclose(row[: len(first)], first, rtol=0, atol=1e-4)
        np.testing.assert_allclose(row.mean(), mean, rtol=0, atol=1e-4)
        np.testing.assert_allclose(tags[: len(first_tags)], first_tags, rtol=0, atol=1e-5)
    assert len(set(TAGS)) == network.tags(found).shape[1]


def test_weights_that_are_missing_or_others_are_refused(tmp_path):
    with pytest.raises(InputError, match="make install-musicnn"):
        weights_folder(tmp_path)
    (tmp_path / ".index").write_bytes(b"something else")
    with pytest.raises(InputError, match="not the weights of musicnn"):
        read_weights(weights_folder(tmp_path))
