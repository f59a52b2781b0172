"""Training: it learns, stops, repeats itself, and looks at nothing but training songs."""

import numpy as np
import pytest
import torch

from coldwave.cnn.prediction import load_network, predict
from coldwave.cnn.training import CURVE_SCHEMA, band_statistics, train
from coldwave.errors import InputError
from coldwave.weights import write_weights

WINDOW, BANDS = 16, 6
SETTINGS = {
    "window": WINDOW, "channels": [8], "kernel": 3, "pool": 2, "dense": [16], "batch_size": 16,
    "learning_rate": 3e-3, "weight_decay": 0.0, "epochs": 25, "patience": 25, "accelerator": "cpu", "devices": 1,
    "precision": "32-true", "objective": "mse",
}  # fmt: skip


class Songs:
    """Songs whose targets can be heard: the level of the first bands."""

    def __init__(self, number=80, seed=0):
        rng = np.random.default_rng(seed)
        self.lengths = rng.integers(WINDOW, 3 * WINDOW, number)
        self.targets = rng.standard_normal((number, 2)).astype(np.float32)
        self.arrays = []
        for length, target in zip(self.lengths, self.targets, strict=True):
            frames = rng.standard_normal((length, BANDS))
            frames[:, :2] += 2 * target
            self.arrays.append(frames.astype(np.float32) * 3 - 7)
        self.asked = set()

    def windows(self, songs, starts, length):
        self.asked.update(int(song) for song in songs)
        return np.stack([self.arrays[s][t : t + length] for s, t in zip(songs, starts, strict=True)])


def trained(songs, cache, seed=1, targets=None, **changes):
    return train(
        songs, songs.lengths, songs.targets if targets is None else targets, np.arange(50), np.arange(50, 65),
        SETTINGS | changes, seed, cache,
    )  # fmt: skip


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    songs = Songs()
    network, curve = trained(songs, tmp_path_factory.mktemp("cache"))
    return songs, network, curve


def test_it_learns_what_can_be_heard(result):
    songs, network, curve = result
    predicted = predict(network, songs, songs.lengths, WINDOW, torch.device("cpu"))
    held_out = slice(65, None)
    error = np.square(predicted[held_out] - songs.targets[held_out]).sum()
    assert error < 0.5 * np.square(songs.targets[held_out] - songs.targets[:50].mean(axis=0)).sum()
    assert dict(curve.schema) == CURVE_SCHEMA
    assert curve["best"].sum() == 1


def test_the_epoch_with_the_smallest_validation_error_is_kept(result):
    songs, network, curve = result
    predicted = predict(network, songs, songs.lengths, WINDOW, torch.device("cpu"))
    errors = np.square(predicted - songs.targets).sum(axis=1)
    of_mean = np.square(songs.targets[50:65] - songs.targets[:50].mean(axis=0)).sum(axis=1).mean()
    assert errors[50:65].mean() / of_mean == pytest.approx(curve["validation_loss"].min(), rel=1e-4)


def test_the_same_seed_gives_the_same_weights(tmp_path):
    first, second, other = (trained(Songs(), tmp_path, seed, epochs=2)[0].arrays() for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert any(not np.array_equal(first[name], other[name]) for name in first)


def test_it_looks_at_no_test_song_and_learns_from_no_validation_target(tmp_path):
    songs = Songs()
    before, _ = trained(songs, tmp_path, epochs=2)
    assert max(songs.asked) < 65
    targets = songs.targets.copy()
    targets[65:] = 99
    after, _ = trained(Songs(), tmp_path, epochs=2, targets=targets)
    assert all(np.array_equal(a, b) for a, b in zip(before.arrays().values(), after.arrays().values(), strict=True))


def test_it_stops_when_validation_no_longer_improves(tmp_path):
    songs = Songs()
    noise = np.random.default_rng(1).standard_normal(songs.targets.shape).astype(np.float32)
    _, curve = trained(songs, tmp_path, targets=noise, epochs=60, patience=3)
    assert len(curve) < 60
    assert len(curve) == int(np.argmin(curve["validation_loss"])) + 1 + 3


def test_nothing_is_left_in_the_cache(tmp_path):
    trained(Songs(), tmp_path, epochs=1)
    assert list(tmp_path.iterdir()) == []


def test_band_statistics_equal_numpys():
    songs = Songs(10)
    mean, scale = band_statistics(songs, np.arange(5), songs.lengths[:5])
    frames = np.concatenate(songs.arrays[:5])
    assert mean == pytest.approx(frames.mean(axis=0), abs=1e-5)
    assert scale == pytest.approx(frames.std(axis=0), abs=1e-5)
    assert songs.asked == set(range(5))


def test_weights_read_back_predict_the_same(result, tmp_path):
    songs, network, _ = result
    write_weights(tmp_path / "w.safetensors", network.arrays(), SETTINGS)
    again, settings = load_network(tmp_path / "w.safetensors")
    assert settings == SETTINGS
    one, two = (predict(net, songs, songs.lengths, WINDOW, torch.device("cpu")) for net in (network, again))
    assert np.array_equal(one, two)


def test_no_song_to_learn_from_is_an_error(tmp_path):
    songs = Songs(10)
    with pytest.raises(InputError, match="no validation song has the 16 frames"):
        train(songs, songs.lengths, songs.targets, np.arange(5), np.array([], dtype=int), SETTINGS, 1, tmp_path)
