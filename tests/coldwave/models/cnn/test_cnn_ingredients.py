"""Training with rankings, and with everything that may be added to the paper's network."""

import numpy as np
import polars as pl
import pytest
import torch
from test_cnn_training import QUICK, SETTINGS, WINDOW, Listeners, Songs, trained

from coldwave.models.cnn.augmentation import mix
from coldwave.models.cnn.network import SongEnsemble
from coldwave.models.cnn.objectives import Reference, SquaredError
from coldwave.models.cnn.prediction import load_network, predict
from coldwave.models.cnn.ranking import LOSSES, RankingError
from coldwave.models.cnn.training import SongTraining, rate_at, train
from coldwave.models.cnn.windows import Batch
from coldwave.models.weights import write_weights

CPU = torch.device("cpu")
EVERYTHING = {
    "normalization": "batch", "blocks": "residual", "pooling": "attention", "dropout": 0.2, "mask_bands": 2,
    "mask_frames": 4, "mixup": 0.4, "schedule": "cosine", "warm_up": 1, "averaging": 0.7,
    "dilations": [1, 2], "whitening": 0.5, "shift_bands": 1,
}  # fmt: skip


def test_everything_together_learns():
    songs = Songs()
    network, curve = trained(songs, **EVERYTHING | {"epochs": 30, "learning_rate": 1e-2, "batch_size": 8})
    predicted = predict(network, songs, songs.lengths, WINDOW, CPU)[65:]
    of_mean = np.square(songs.targets[65:] - songs.targets[:50].mean(axis=0)).sum()
    assert np.square(predicted - songs.targets[65:]).sum() < 0.6 * of_mean
    assert curve["learning_rate"][-1] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("name", EVERYTHING)
def test_each_ingredient_changes_the_weights_and_the_same_seed_gives_the_same(name):
    changes = {name: EVERYTHING[name], "epochs": 2}
    plain, one, same = (trained(Songs(), **given)[0].arrays() for given in ({"epochs": 2}, changes, changes))
    assert all(np.array_equal(one[tensor], same[tensor]) for tensor in one)
    assert any(tensor not in one or not np.array_equal(plain[tensor], one[tensor]) for tensor in plain)


def test_a_last_batch_of_one_song_can_be_trained_on():
    songs = Songs()
    train(songs, songs.lengths, songs.targets, np.arange(17), np.arange(50, 65), SETTINGS | EVERYTHING | {"epochs": 2},
          1)  # fmt: skip


def test_weights_of_every_ingredient_read_back_predict_the_same(tmp_path):
    songs = Songs()
    network, _ = trained(songs, **EVERYTHING | {"epochs": 2})
    network = SongEnsemble([network])
    write_weights(tmp_path / "w.safetensors", network.arrays(), SETTINGS | EVERYTHING)
    again, settings = load_network(tmp_path / "w.safetensors")
    assert settings == SETTINGS | EVERYTHING
    one, two = (predict(net, songs, songs.lengths, WINDOW, CPU) for net in (network, again))
    assert np.array_equal(one, two)
    assert all(np.array_equal(array, again.arrays()[name]) for name, array in network.arrays().items())


# The moving average


def test_the_average_is_what_is_validated_and_kept(monkeypatch):
    steps = []
    step = SongTraining.training_step

    def noted(self, batch, index):
        steps.append({name: tensor.detach().clone() for name, tensor in self.network.named_parameters()})
        return step(self, batch, index)

    monkeypatch.setattr(SongTraining, "training_step", noted)
    songs = Songs()
    noise = np.random.default_rng(2).standard_normal(songs.targets.shape).astype(np.float32)
    network, curve = trained(songs, targets=noise, averaging=0.7, epochs=4, learning_rate=3e-2)
    updates = (int(np.argmin(curve["validation_loss"])) + 1) * len(steps) // 4
    assert updates < len(steps)  # what the very last step made is not noted
    expected = {name: tensor.double() for name, tensor in steps[1].items()}
    for state in steps[2 : updates + 1]:
        expected = {name: 0.7 * expected[name] + 0.3 * state[name].double() for name in expected}
    for name, tensor in network.named_parameters():
        assert torch.allclose(tensor.double(), expected[name], atol=1e-5)
    predicted = predict(network, songs, songs.lengths, WINDOW, CPU)[50:65]
    of_mean = np.square(noise[50:65] - noise[:50].mean(axis=0)).sum()
    shown = np.square(predicted - noise[50:65]).sum() / of_mean
    assert curve["validation_loss"].min() == pytest.approx(shown, rel=1e-4)


# The step size


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_the_rate_rises_over_the_warm_up(schedule):
    rates = [rate_at(step, 100, 10, schedule) for step in range(101)]
    assert np.diff(rates[:11]) == pytest.approx(1 / 11)
    assert rates[10] == 1


def test_constant_stays_and_cosine_falls_along_half_a_wave():
    assert {rate_at(step, 100, 0, "constant") for step in range(101)} == {1.0}
    rates = [rate_at(step, 100, 20, "cosine") for step in range(20, 101)]
    assert rates == pytest.approx((1 + np.cos(np.linspace(0, np.pi, 81))) / 2)


# Mixtures


def test_a_mixture_is_compared_with_both_songs_as_mixed_targets_would_be():
    """The gradient of the mean of both squared errors is that of the squared error from the mixed target."""
    y = torch.randn(5, 2, requires_grad=True)
    targets, share, partners = torch.randn(5, 2), 0.3, torch.tensor([2, 0, 1, 4, 3])
    both = share * (y - targets).square().sum() + (1 - share) * (y - targets[partners]).square().sum()
    mixed = (y - share * targets - (1 - share) * targets[partners]).square().sum()
    one, two = (torch.autograd.grad(error, y)[0] for error in (both, mixed))
    assert torch.allclose(one, two, atol=1e-5)


def test_a_training_step_on_mixtures_by_hand():
    songs = Songs()
    network, _ = trained(songs, epochs=1)
    objective = SquaredError(songs.targets)
    model = SongTraining(network, objective, Reference(0, 1), Reference(0, 1), SETTINGS | {"mixup": 0.4}, 3)
    owners, batch = torch.tensor([2, 0, 1]), np.array([4, 6, 9])  # window k is of song batch[owners[k]]
    windows = torch.from_numpy(songs.windows(batch[owners], np.zeros(3, int), WINDOW))
    found = model.training_step(Batch(windows, owners, torch.from_numpy(batch), objective.known(batch), 3), 5)
    mixed, share, partners = mix(windows, 0.4, np.random.default_rng([3, 0, 5, 0]))
    predicted, wanted = network(mixed).detach(), torch.from_numpy(songs.targets[batch[owners]])
    errors = [(predicted - targets).square().sum(dim=1).mean() for targets in (wanted, wanted[partners])]
    assert float(found) == pytest.approx(float(share * errors[0] + (1 - share) * errors[1]), rel=1e-5)


# Rankings


@pytest.fixture(scope="module")
def listened():
    songs = Songs()
    return songs, Listeners(songs)


def trained_to_rank(listened, loss, plays=None, **changes):
    songs, listeners = listened
    plays = listeners.plays if plays is None else plays
    objective = RankingError(
        plays, listeners.user_factors, len(songs.lengths), np.arange(50), loss, 0.1, 64, changes.pop("temper", 0.0), 1
    )
    return train(
        songs, songs.lengths, listeners.song_factors, np.arange(50), np.arange(50, 65),
        SETTINGS | {"objective": loss} | changes, 1, objective,
    )  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("mixup", [0.0, 0.4])
def test_it_ranks_new_songs_for_users_from_plays_alone(loss, mixup, listened):
    songs, listeners = listened
    network, curve = trained_to_rank(listened, loss, mixup=mixup, **QUICK)
    predicted = predict(network, songs, songs.lengths, WINDOW, CPU)[65:]
    played = listeners.confidences.toarray()[:, 65:] > 0
    scores = listeners.user_factors @ predicted.T
    right = [
        (row[own][:, None] > row[~own]).mean()
        for row, own in zip(scores, played, strict=True)
        if 0 < own.sum() < len(own)
    ]
    assert np.mean(right) > 0.65
    assert curve["validation_loss"].min() < 0.95


@pytest.mark.parametrize("loss", LOSSES)
def test_no_ranking_looks_at_plays_of_test_songs(loss, listened):
    _, listeners = listened
    before, again, other = (
        trained_to_rank(listened, loss, listeners.plays.filter(rows), epochs=2)[0].arrays()
        for rows in (pl.lit(value=True), pl.col("song") < 65, pl.col("song") != 3)
    )
    assert all(np.array_equal(before[name], again[name]) for name in before)
    assert any(not np.array_equal(before[name], other[name]) for name in before)
