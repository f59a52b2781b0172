"""Training: it learns, stops, repeats itself, and looks at nothing but training songs."""

import numpy as np
import polars as pl
import pytest
import torch

from coldwave.errors import InputError
from coldwave.models.cnn.network import SongEnsemble
from coldwave.models.cnn.objectives import weighted_objective
from coldwave.models.cnn.prediction import load_network, predict
from coldwave.models.cnn.training import band_statistics, optimizer_of, train
from coldwave.models.learning_curve import CURVE_SCHEMA
from coldwave.models.weights import write_weights
from coldwave.wmf.confidence import confidence_matrix
from coldwave.wmf.folding import fold_in

WINDOW, BANDS = 16, 6
SETTINGS = {
    "window": WINDOW, "channels": [8], "kernel": 3, "pool": 2, "dense": [16], "batch_size": 16,
    "learning_rate": 3e-3, "weight_decay": 0.0, "epochs": 25, "patience": 25, "accelerator": "cpu",
    "devices": 1, "nodes": 1, "precision": "32-true", "objective": "mse", "temper": 0.0, "unit_norm": False,
    "pooling": "flatten", "optimizer": "adamw", "momentum": 0.9, "normalization": "none", "blocks": "plain",
    "dropout": 0.0, "mask_bands": 0, "mask_frames": 0, "mixup": 0.0, "schedule": "constant", "warm_up": 0,
    "averaging": 0.0, "dilations": [], "whitening": 0.0, "members": 1, "shift_bands": 0, "steps": None,
    "keep": "best",
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


def trained(songs, seed=1, targets=None, checkpoint=None, **changes):
    return train(
        songs, songs.lengths, songs.targets if targets is None else targets, np.arange(50), np.arange(50, 65),
        SETTINGS | changes, seed, checkpoint=checkpoint,
    )  # fmt: skip


@pytest.fixture(scope="module")
def result():
    songs = Songs()
    network, curve = trained(songs)
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


def test_the_same_seed_gives_the_same_weights():
    first, second, other = (trained(Songs(), seed, epochs=2)[0].arrays() for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert any(not np.array_equal(first[name], other[name]) for name in first)


def test_it_looks_at_no_test_song_and_learns_from_no_validation_target():
    songs = Songs()
    before, _ = trained(songs, epochs=2)
    assert max(songs.asked) < 65
    targets = songs.targets.copy()
    targets[65:] = 99
    after, _ = trained(Songs(), epochs=2, targets=targets)
    assert all(np.array_equal(a, b) for a, b in zip(before.arrays().values(), after.arrays().values(), strict=True))


def test_it_stops_when_validation_no_longer_improves():
    songs = Songs()
    noise = np.random.default_rng(1).standard_normal(songs.targets.shape).astype(np.float32)
    _, curve = trained(songs, targets=noise, epochs=60, patience=3)
    assert len(curve) < 60
    assert len(curve) == int(np.argmin(curve["validation_loss"])) + 1 + 3


def test_band_statistics_equal_numpys():
    songs = Songs(10)
    mean, scale = band_statistics(songs, np.arange(5), songs.lengths[:5])
    frames = np.concatenate(songs.arrays[:5])
    assert mean == pytest.approx(frames.mean(axis=0), abs=1e-5)
    assert scale == pytest.approx(frames.std(axis=0), abs=1e-5)
    assert songs.asked == set(range(5))


def test_weights_read_back_predict_the_same(result, tmp_path):
    songs, network, _ = result
    network = SongEnsemble([network])
    write_weights(tmp_path / "w.safetensors", network.arrays(), SETTINGS)
    again, settings = load_network(tmp_path / "w.safetensors")
    assert settings == SETTINGS
    one, two = (predict(net, songs, songs.lengths, WINDOW, torch.device("cpu")) for net in (network, again))
    assert np.array_equal(one, two)


def test_no_song_to_learn_from_is_an_error():
    songs = Songs(10)
    with pytest.raises(InputError, match="no validation song has the 16 frames"):
        train(songs, songs.lengths, songs.targets, np.arange(5), np.array([], dtype=int), SETTINGS, 1)


# Other objectives, targets and optimisers

QUICK = {"epochs": 8, "learning_rate": 1e-2, "batch_size": 8}


class Listeners:
    """Plays of the songs by users whose factors are their tastes: the likelier, the larger the inner product."""

    def __init__(self, songs, number=200, seed=0):
        rng = np.random.default_rng(seed)
        self.user_factors = rng.standard_normal((number, 2)).astype(np.float32) / 4
        chances = 1 / (1 + np.exp(2 - 8 * self.user_factors @ songs.targets.T))
        user, song = np.nonzero(rng.random(chances.shape) < chances)
        schema = {"user": pl.UInt32, "song": pl.UInt32, "count": pl.UInt32}
        self.plays = pl.DataFrame({"user": user, "song": song, "count": np.ones(len(user))}).cast(schema)
        self.confidences = confidence_matrix(self.plays, number, len(songs.targets), 2.0, 1.0)
        self.song_factors = fold_in(self.confidences, self.user_factors, 0.1)

    def error(self, predicted, songs):
        """Equation 5 over some songs, as a dense sum."""
        played = (self.confidences.toarray() > 0).astype(np.float64)[:, songs]
        confidences = np.where(played > 0, self.confidences.toarray()[:, songs], 1)
        return float(np.sum(confidences * (played - self.user_factors @ predicted[songs].T) ** 2))


@pytest.fixture(scope="module")
def listened():
    songs = Songs()
    return songs, Listeners(songs)


def trained_on_plays(listened, temper=0.0, plays=None, **changes):
    songs, listeners = listened
    plays = listeners.plays if plays is None else plays
    objective = weighted_objective(
        plays, listeners.user_factors, listeners.song_factors, np.arange(50), 2.0, 1.0, temper
    )
    return train(
        songs, songs.lengths, listeners.song_factors, np.arange(50), np.arange(50, 65),
        SETTINGS | {"objective": "wpe"} | changes, 1, objective,
    )  # fmt: skip


@pytest.mark.parametrize("temper", [0.0, 1.0])
def test_it_learns_from_plays_alone(temper, listened):
    songs, listeners = listened
    network, curve = trained_on_plays(listened, temper, **QUICK)
    predicted = predict(network, songs, songs.lengths, WINDOW, torch.device("cpu"))
    mean = np.tile(listeners.song_factors[:50].mean(axis=0), (len(predicted), 1))
    for part, share in ((np.arange(50, 65), 0.5), (np.arange(65, 80), 0.7)):
        own, of_mean = (listeners.error(factors, part) for factors in (listeners.song_factors, mean))
        assert listeners.error(predicted, part) - own < share * (of_mean - own)
        if temper == 0 and part[0] == 50:  # what stops it is the same objective on validation songs' plays
            shown = (listeners.error(predicted, part) - own) / (of_mean - own)
            assert curve["validation_loss"].min() == pytest.approx(shown, rel=1e-3)


def test_plays_of_test_songs_change_nothing_and_those_of_training_songs_do(listened):
    _, listeners = listened
    before, again, other = (
        trained_on_plays(listened, plays=listeners.plays.filter(rows), epochs=2)[0].arrays()
        for rows in (pl.lit(value=True), pl.col("song") < 65, pl.col("song") != 3)
    )
    assert all(np.array_equal(before[name], again[name]) for name in before)
    assert any(not np.array_equal(before[name], other[name]) for name in before)


def test_targets_of_unit_norm_are_what_it_learns():
    songs = Songs()
    network, _ = trained(songs, unit_norm=True, **QUICK)
    predicted = predict(network, songs, songs.lengths, WINDOW, torch.device("cpu"))[65:]
    wanted = songs.targets[65:] / np.linalg.norm(songs.targets[65:], axis=1, keepdims=True)
    assert np.square(predicted - wanted).sum() < 0.5 * np.square(wanted - wanted.mean(axis=0)).sum()
    assert np.linalg.norm(predicted, axis=1) != pytest.approx(1, abs=1e-3)  # predictions stay as they are


def test_nesterov_momentum_with_statistics_over_time_learns():
    changes = {"optimizer": "nesterov", "learning_rate": 0.1, "pooling": "statistics", "channels": [8, 8]}
    _, curve = trained(Songs(), **QUICK | changes, pool=[2, 1])
    assert curve["validation_loss"].min() < 0.5


def test_the_optimisers_are_torchs():
    parameter = torch.nn.Parameter(torch.zeros(1))
    nesterov = optimizer_of(iter([parameter]), SETTINGS | {"optimizer": "nesterov", "weight_decay": 0.1})
    assert type(nesterov) is torch.optim.SGD
    chosen = {name: nesterov.param_groups[0][name] for name in ("lr", "momentum", "nesterov", "weight_decay")}
    assert chosen == {"lr": 3e-3, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}
    assert type(optimizer_of(iter([parameter]), SETTINGS)) is torch.optim.AdamW


def test_a_training_that_diverges_is_an_error_that_says_what_to_do():
    with pytest.raises(InputError, match="lower learning_rate"):
        trained(Songs(), optimizer="nesterov", learning_rate=1e30, epochs=3)
