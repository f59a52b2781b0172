"""Variances of artists and albums that were drawn are found again."""

import numpy as np
import pytest

from coldwave.models.names.effects import Ratios
from coldwave.models.names.groups import find_groups
from coldwave.models.names.variances import estimate_ratios


def simulated(table, artist_variance, album_variance, seed=0, artists=150, scale=1.0, width=12):
    """Four albums of four songs of each artist, and noise of variance 1, in units of ``scale``."""
    rng, number = np.random.default_rng(seed), artists * 16
    artist, album = np.arange(number) // 16, np.arange(number) // 4
    values = np.sqrt(artist_variance) * rng.standard_normal((artists, width))[artist]
    values += np.sqrt(album_variance) * rng.standard_normal((artists * 4, width))[album]
    values += rng.standard_normal((number, width))
    return find_groups(table([f"a{n}" for n in artist], [f"b{n}" for n in album])), 5 + scale * values


@pytest.mark.parametrize("variances", [(0.5, 0.25), (1.0, 0.0), (0.0, 0.5), (0.0, 0.0), (4.0, 1.0)])
def test_variances_are_recovered(variances, table):
    groups, values = simulated(table, *variances)
    found = estimate_ratios(groups, values, np.ones(len(values), dtype=bool))
    for drawn, ratios in zip(variances, found, strict=True):
        if drawn:
            assert np.median(ratios) == pytest.approx(drawn)  # all are on the grid
            assert (np.abs(np.log2(ratios / drawn)) <= 1).all()
        else:
            assert np.median(ratios) <= 0.02 and ratios.max() <= 0.0625


def test_scale_does_not_matter_nor_songs_that_are_not_known(table):
    groups, values = simulated(table, 0.5, 0.25, artists=30)
    known = np.random.default_rng(1).random(len(values)) < 0.7
    found = estimate_ratios(groups, values, known)
    other = np.where(known[:, None], 1000 * values - 7, 1e6)
    assert all(np.array_equal(*pair) for pair in zip(found, estimate_ratios(groups, other, known), strict=True))


def test_directions_that_carry_much_decide_for_those_that_carry_little(table):
    """Two directions with artists and twenty small ones without, in the ratio of which the data tell little."""
    groups, small = simulated(table, 0.0, 0.0, artists=5, width=20, scale=0.01)
    _, large = simulated(table, 1.0, 0.0, artists=5, width=2, seed=1)
    every = np.ones(len(small), dtype=bool)
    ratios = estimate_ratios(groups, np.hstack((large, small)), every)
    alone, beside = estimate_ratios(groups, large, every), estimate_ratios(groups, small, every)
    assert ratios.artist[:2] == pytest.approx(alone.artist)
    assert (ratios.artist[2:] > beside.artist).all()


def test_a_direction_whose_songs_tell_keeps_ratios_of_its_own(table):
    groups, without = simulated(table, 0.0, 0.0, width=3)
    _, strong = simulated(table, 4.0, 0.0, width=1, seed=1)
    ratios = estimate_ratios(groups, np.hstack((strong / 3, without)), np.ones(len(without), dtype=bool))
    assert ratios.artist[0] >= 2
    assert (ratios.artist[1:] <= 0.25).all()


def test_too_few_songs_tell_nothing(table):
    groups, values = simulated(table, 1.0, 0.0, artists=2)
    for known in (np.zeros(32, dtype=bool), np.arange(32) == 3):
        found = estimate_ratios(groups, values, known)
        assert isinstance(found, Ratios) and not np.any(found)
