"""Masks and mixtures of training windows."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.models.cnn.augmentation import mask_windows, mix

WINDOWS, FRAMES, BANDS = 200, 20, 12


def masked(bands, frames, seed=0):
    windows = torch.randn(WINDOWS, FRAMES, BANDS)
    fill = torch.arange(BANDS) + 100.0
    found = mask_windows(windows, fill, bands, frames, np.random.default_rng(seed))
    hidden = (found != windows).numpy()
    assert torch.equal(found[~torch.from_numpy(hidden)], windows[~torch.from_numpy(hidden)])
    assert np.array_equal(found.numpy()[hidden], np.broadcast_to(fill.numpy(), hidden.shape)[hidden])
    return hidden


def strips(hidden):
    """Widths of the one strip that each row of bool [n, size] may have; fails where it is in pieces."""
    edges = np.diff(np.pad(hidden, [(0, 0), (1, 1)]).astype(int), axis=1)
    assert ((edges == 1).sum(axis=1) <= 1).all()
    return hidden.sum(axis=1)


def test_strips_of_every_width_up_to_the_widest_are_hidden_anywhere():
    hidden = masked(bands=4, frames=6)
    of_bands, of_frames = hidden.all(axis=1), hidden.all(axis=2)
    assert np.array_equal(hidden, of_bands[:, None, :] | of_frames[:, :, None])
    assert set(strips(of_bands)) == set(range(5))
    assert set(strips(of_frames)) == set(range(7))
    assert of_bands.any(axis=0).all()
    assert of_frames.any(axis=0).all()


def test_nothing_is_hidden_where_no_width_is_given():
    assert not masked(0, 0).any()
    assert not masked(4, 0).all(axis=2).any()
    assert not masked(0, 4).all(axis=1).any()


@settings(deadline=None)
@given(st.integers(0, 2 * BANDS), st.integers(0, 2 * FRAMES), st.integers(0, 999))
def test_any_width_fits(bands, frames, seed):
    hidden = masked(bands, frames, seed)
    assert (hidden.all(axis=1).sum(axis=1) <= max(bands, BANDS * (frames >= FRAMES))).all()


@pytest.mark.parametrize("concentration", [0.2, 2.0])
def test_a_mixture_is_of_two_windows_of_the_batch(concentration):
    windows = torch.randn(9, FRAMES, BANDS)
    shares = []
    for seed in range(200):
        mixed, share, partners = mix(windows, concentration, np.random.default_rng(seed))
        expected = share * windows.numpy() + (1 - share) * windows.numpy()[partners.numpy()]
        assert mixed.numpy() == pytest.approx(expected, abs=1e-5)
        assert sorted(partners.tolist()) == list(range(9))
        shares.append(share)
    assert np.mean(shares) == pytest.approx(0.5, abs=0.1)
    assert np.var(shares) == pytest.approx(1 / (4 * (2 * concentration + 1)), rel=0.3)  # of a beta distribution


def test_the_same_generator_gives_the_same():
    windows, fill = torch.randn(9, FRAMES, BANDS), torch.zeros(BANDS)
    for change in (
        lambda rng: mask_windows(windows, fill, 4, 4, rng),
        lambda rng: mix(windows, 1.0, rng)[0],
    ):
        one, same, other = (change(np.random.default_rng(seed)) for seed in (1, 1, 2))
        assert torch.equal(one, same)
        assert not torch.equal(one, other)
