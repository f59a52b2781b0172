"""Which windows are drawn: each song once an epoch, all consecutive ones at prediction."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.models.cnn.network import SongNetwork
from coldwave.models.cnn.prediction import predict
from coldwave.models.cnn.windows import ConsecutiveWindowSampler, RandomWindowSampler, WindowDataset, consecutive_starts

WINDOW = 12


class Songs:
    """Log-mels of some songs in memory."""

    def __init__(self, lengths, bands=8, seed=0):
        rng = np.random.default_rng(seed)
        self.lengths = np.asarray(lengths)
        self.arrays = [rng.standard_normal((length, bands)).astype(np.float32) for length in lengths]

    def windows(self, songs, starts, length):
        return np.stack([self.arrays[s][t : t + length] for s, t in zip(songs, starts, strict=True)])


def test_a_29_second_clip_has_nine_windows_of_129():
    assert consecutive_starts(1249, 129).tolist() == [129 * index for index in range(9)]


@settings(deadline=None)
@given(st.lists(st.integers(WINDOW, 60), min_size=1, max_size=50), st.integers(1, 9), st.integers(1, 4))
def test_every_song_once_an_epoch_shared_out_over_the_processes(lengths, batch_size, processes):
    # a mistake found in re-implementations: "MSE" sampled once per play, which weights songs by popularity
    songs, frames = np.arange(len(lengths)) + 10, np.array(lengths)
    source = Songs([WINDOW] * 10 + lengths)
    batches = list(RandomWindowSampler(songs, frames, WINDOW, batch_size, 1))
    assert len(batches) == len(RandomWindowSampler(songs, frames, WINDOW, batch_size, 1))
    shares = [slice(rank, None, processes) for rank in range(processes)]
    apart = [WindowDataset(source, WINDOW, known_of, share) for share in shares]
    compared = [WindowDataset(source, WINDOW, known_of, share, together=True) for share in shares]
    whole = WindowDataset(source, WINDOW, known_of)
    drawn = []
    for owners, starts in batches:
        assert 0 < len(owners) <= batch_size
        assert np.all((starts >= 0) & (starts + WINDOW <= frames[owners - 10]))
        batch, parts, others = (
            whole[owners, starts], [data[owners, starts] for data in apart], [data[owners, starts] for data in compared]
        )  # fmt: skip
        for share, part, other in zip(shares, parts, others, strict=True):
            assert part.rows == other.rows == len(owners)
            assert torch.equal(part.windows, batch.windows[share]) and torch.equal(other.windows, batch.windows[share])
            assert part.songs[part.owners].tolist() == owners[share].tolist()
            assert part.known[0].tolist() == part.songs.tolist()
            assert torch.equal(other.songs, batch.songs) and torch.equal(other.owners, batch.owners)
        drawn.extend(song for part in parts for song in part.songs.tolist())
    assert sorted(drawn) == songs.tolist()


def known_of(songs):
    return (torch.from_numpy(songs),)


@given(st.lists(st.integers(WINDOW, 60), min_size=1, max_size=30), st.integers(1, 12), st.integers(1, 4))
def test_validation_batches_are_shared_out_over_the_processes(lengths, batch_size, processes):
    songs, frames = np.arange(len(lengths)), np.array(lengths)

    def batches(share):
        sampler = ConsecutiveWindowSampler(songs, frames, WINDOW, batch_size, share)
        return [tuple(owners.tolist()) for owners, _ in sampler]

    whole = batches(slice(None))
    shares = [batches(slice(rank, None, processes)) for rank in range(processes)]
    assert all(shares)
    if len(whole) >= processes:
        assert sorted(batch for share in shares for batch in share) == sorted(whole)
    else:
        assert all(share == whole for share in shares)


def test_windows_and_order_are_new_each_epoch_and_the_same_for_the_same_epoch():
    songs, frames = np.arange(40), np.full(40, 100)

    def epoch(number):
        sampler = RandomWindowSampler(songs, frames, WINDOW, 40, seed=3)
        sampler.set_epoch(number)
        return next(iter(sampler))

    first, again, second = epoch(0), epoch(0), epoch(1)
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], second[0])
    assert not np.array_equal(first[1][np.argsort(first[0])], second[1][np.argsort(second[0])])


def test_all_starts_can_be_drawn():
    sampler = RandomWindowSampler(np.zeros(2000, dtype=int), np.full(2000, WINDOW + 3), WINDOW, 2000, seed=1)
    assert set(next(iter(sampler))[1].tolist()) == {0, 1, 2, 3}


@given(st.lists(st.integers(WINDOW, 100), min_size=1, max_size=20), st.integers(1, 12))
def test_consecutive_windows_of_a_song_stay_together(lengths, batch_size):
    songs = np.arange(len(lengths))
    batches = list(ConsecutiveWindowSampler(songs, np.array(lengths), WINDOW, batch_size))
    for song, length in enumerate(lengths):
        holding = [(owners, starts) for owners, starts in batches if song in owners]
        assert len(holding) == 1
        owners, starts = holding[0]
        assert starts[owners == song].tolist() == consecutive_starts(length, WINDOW).tolist()


def small_network():
    torch.manual_seed(0)
    return SongNetwork(WINDOW, [5], 3, 2, "flatten", [6], np.zeros(8), np.ones(8), np.zeros(4), np.eye(4))


@pytest.mark.parametrize("batch", [1, 5, 1000])
def test_a_song_is_predicted_as_the_mean_over_its_windows(batch):
    # a mistake found in re-implementations: one random window a song at prediction
    songs, net = Songs([30, 0, 12, 47, 11]), small_network()
    found = predict(net, songs, songs.lengths, WINDOW, torch.device("cpu"), batch)
    for song in (0, 2, 3):
        separate = [
            net(torch.from_numpy(songs.arrays[song][start : start + WINDOW])[None]).detach().numpy()[0]
            for start in range(0, len(songs.arrays[song]) - WINDOW + 1, WINDOW)
        ]
        assert len(separate) == len(songs.arrays[song]) // WINDOW
        assert found[song] == pytest.approx(np.mean(separate, axis=0), abs=1e-5)
    assert np.isnan(found[[1, 4]]).all()
