"""What lets the network hear time, and how it is trained to the end: against hand-made cases, gradients and numpy."""

import numpy as np
import pytest
import torch
from test_cnn_training import SETTINGS, WINDOW, Songs, trained

from coldwave.models.cnn.augmentation import shift_bands
from coldwave.models.cnn.ensemble import member_checkpoint, member_seed, train_members
from coldwave.models.cnn.layers import DilatedBlock
from coldwave.models.cnn.network import SongEnsemble
from coldwave.models.cnn.objectives import SquaredError
from coldwave.models.cnn.prediction import predict
from coldwave.models.cnn.whitening import whitening

CPU = torch.device("cpu")


@pytest.mark.parametrize(("dilations", "span"), [([1], 3), ([1, 2], 7), ([1, 2, 4, 8], 31)])
def test_dilated_blocks_see_as_many_frames_as_their_dilations_say(dilations, span):
    blocks = [DilatedBlock(3, one, "none") for one in dilations]
    for parameter in (parameter for block in blocks for parameter in block.parameters()):
        parameter.data = parameter.data.abs() + 0.1  # so that no ReLU hides a frame
    frames = torch.rand(1, 41, 3, requires_grad=True)
    layer = frames
    for block in blocks:
        layer = block(layer)
    assert layer.shape == frames.shape
    layer[0, 20].sum().backward()
    seen = np.flatnonzero(frames.grad.abs().sum(dim=2)[0].numpy())
    assert seen.tolist() == list(range(20 - span // 2, 20 + span // 2 + 1))


class Sequences(Songs):
    """Songs of the same two sounds, equally often, which alternate or come in pairs: only their order differs."""

    def __init__(self, number=80, seed=0):
        rng = np.random.default_rng(seed)
        self.targets = rng.choice([-1.0, 1.0], (number, 1)).astype(np.float32)
        self.lengths = np.full(number, 3 * WINDOW)
        self.arrays = []
        for target in self.targets[:, 0]:
            pattern = np.tile([0, 1, 0, 1] if target > 0 else [0, 0, 1, 1], WINDOW)[rng.integers(4) :]
            frames = np.zeros((len(pattern), 6), dtype=np.float32)
            frames[np.arange(len(pattern)), pattern] = 1
            self.arrays.append(np.repeat(frames, 2, axis=0)[: 3 * WINDOW])
        self.asked = set()


@pytest.mark.parametrize(("dilations", "heard"), [([], False), ([1, 2], True)])
def test_the_order_of_events_is_heard_with_dilations_alone(dilations, heard):
    songs = Sequences()
    network, _ = trained(
        songs, kernel=1, pooling="statistics", dilations=dilations, normalization="batch", epochs=20, learning_rate=1e-2
    )
    predicted = predict(network, songs, songs.lengths, WINDOW, CPU)[65:, 0]
    right = np.mean(np.sign(predicted) == songs.targets[65:, 0])
    assert right == 1 if heard else right < 0.9


def test_windows_are_shifted_along_mel_by_hand():
    windows = torch.arange(5.0).expand(200, 3, 5)
    shifted = shift_bands(windows, 1, np.random.default_rng(0)).numpy()
    assert (shifted == shifted[:, :1]).all()  # every frame of a window alike
    allowed = {(0, 1, 2, 3, 4), (0, 0, 1, 2, 3), (1, 2, 3, 4, 4)}
    assert {tuple(row) for row in shifted[:, 0].astype(int)} == allowed


@pytest.mark.parametrize("most", [1, 4, 30])
def test_shifted_windows_are_the_bands_that_their_shifts_name(most):
    windows = torch.randn(9, 3, 12)
    shifts = np.random.default_rng(2).integers(-most, most + 1, 9)
    expected = [
        window[:, np.clip(np.arange(12) - shift, 0, 11)] for window, shift in zip(windows.numpy(), shifts, strict=True)
    ]
    assert np.array_equal(shift_bands(windows, most, np.random.default_rng(2)).numpy(), np.stack(expected))


def test_a_process_shifts_its_share_as_the_whole_batch():
    windows = torch.randn(9, 4, 12)
    whole = shift_bands(windows, 3, np.random.default_rng(5))
    share = slice(1, None, 3)
    assert torch.equal(shift_bands(windows[share], 3, np.random.default_rng(5), 9, share), whole[share])
    assert shift_bands(windows[9:], 3, np.random.default_rng(5), 9, slice(9, None)).shape == (0, 4, 12)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_whitening_and_back_changes_nothing(power):
    rng = np.random.default_rng(1)
    targets = rng.standard_normal((300, 4)) @ rng.standard_normal((4, 4)) + 2
    to, back = whitening(targets, power)
    assert to @ back == pytest.approx(np.eye(4), abs=1e-4)
    variances = np.linalg.eigvalsh(np.cov(((targets - targets.mean(axis=0)) @ to).T, bias=True))
    wanted = np.linalg.eigvalsh(np.cov(targets.T, bias=True)) ** (1 - power)
    assert variances == pytest.approx(wanted / wanted.mean(), rel=1e-3)


def test_a_direction_without_variance_stays_finite():
    targets = np.column_stack([np.arange(5.0), np.zeros(5)])
    assert all(np.isfinite(matrix).all() for matrix in whitening(targets, 1.0))


def test_the_squared_error_is_of_whitened_factors():
    rng = np.random.default_rng(2)
    targets, predicted = rng.standard_normal((2, 6, 3)).astype(np.float32)
    metric = rng.standard_normal((3, 3)).astype(np.float32)
    objective = SquaredError(targets, metric)
    songs = np.array([1, 4])
    errors = objective.errors(torch.from_numpy(predicted[songs]), *objective.known(songs))
    by_hand = [np.sum(((predicted[song] - targets[song]) @ metric) ** 2) for song in songs]
    assert errors.numpy() == pytest.approx(np.array(by_hand), rel=1e-4)
    mean = targets.mean(axis=0)
    assert objective.reference(songs, mean).unit == pytest.approx(
        np.mean([np.sum(((mean - targets[song]) @ metric) ** 2) for song in songs]), rel=1e-4
    )


def test_members_differ_and_their_mean_is_predicted():
    songs = Songs()
    ensemble, curve = train_members(
        songs, songs.lengths, songs.targets, np.arange(50), np.arange(50, 65), SETTINGS | {"members": 2, "epochs": 2}, 1
    )
    first, _ = trained(songs, epochs=2)
    one, other = (predict(network, songs, songs.lengths, WINDOW, CPU) for network in ensemble.networks)
    assert np.array_equal(one, predict(first, songs, songs.lengths, WINDOW, CPU))
    assert not np.allclose(one, other)
    assert predict(ensemble, songs, songs.lengths, WINDOW, CPU) == pytest.approx((one + other) / 2, abs=1e-5)
    assert curve["epoch"].to_list() == [1, 2, 3, 4] and curve["seconds"].is_sorted() and curve["best"].sum() == 2


def test_members_of_neighbouring_seeds_share_no_seed(tmp_path):
    seeds = [member_seed(seed, member) for seed in range(20) for member in range(5)]
    assert len(set(seeds)) == len(seeds) and max(seeds) < 2**32
    assert len({member_checkpoint(tmp_path / "a.ckpt", member) for member in range(5)}) == 5
    assert member_checkpoint(None, 1) is None


def test_the_mean_of_alike_networks_is_each_of_them():
    network, _ = trained(Songs(), epochs=1)
    windows = torch.randn(3, WINDOW, 6)
    assert torch.allclose(SongEnsemble([network, network])(windows), network(windows), atol=1e-6)


def test_steps_are_rounded_up_to_whole_epochs_and_the_last_is_kept():
    songs = Songs()
    targets = songs.targets.copy()
    targets[50:65] *= -1  # what is learnt from training songs is wrong for validation songs
    _, curve = trained(songs, targets=targets, steps=37, keep="last", patience=1)
    assert len(curve) == 10  # 50 songs are 4 batches of 16: no patience ends it
    assert curve["best"].to_list() == [False] * 9 + [True]
    assert curve["validation_loss"].arg_min() < 9
    _, stopped = trained(songs, targets=targets, steps=37, patience=1)
    assert len(stopped) < 10 and stopped["best"].arg_max() < 9


def test_one_cycle_rises_for_a_quarter_and_ends_at_nothing():
    _, curve = trained(Songs(), steps=80, keep="last", schedule="one_cycle", learning_rate=1e-2)
    rates = curve["learning_rate"].to_numpy()
    assert len(rates) == 20 and rates.argmax() == 4 and rates.max() == pytest.approx(1e-2, rel=0.05)
    assert (np.diff(rates[:5]) > 0).all() and (np.diff(rates[4:]) < 0).all() and rates[-1] < 1e-4


@pytest.mark.parametrize("steps", range(1, 10))
def test_one_cycle_takes_any_number_of_steps(steps):
    _, curve = trained(Songs(), batch_size=50, steps=steps, keep="last", schedule="one_cycle")  # a step is an epoch
    assert len(curve) == steps
