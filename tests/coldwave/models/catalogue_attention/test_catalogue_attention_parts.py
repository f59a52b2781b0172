"""Lists of an artist's other songs, attention song by song, and the share of a change that is kept."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coldwave.models.catalogue_attention.attention import Attention, change_of_attention, shrunk_share, unit_rows
from coldwave.models.catalogue_attention.catalogue import EMPTY, by_artist, list_others
from coldwave.models.catalogue_attention.network import Network
from coldwave.models.catalogue_attention.training import LOWEST, begin_at, hide_some
from coldwave.models.names.effects import Ratios, predict_by_effects
from coldwave.models.names.groups import Groups


def small(seed=0, songs=40, artists=8):
    """Artists, known songs, features, what is left, and an attention with nothing at its start."""
    rng = np.random.default_rng(seed)
    draw = rng.standard_normal
    attention = Attention(draw(5), draw((5, 3)), np.array(1.5), draw(3), draw(4), np.log([0.5, 1, 2, 4.0]), np.array(1))
    artist, known = rng.integers(artists, size=songs), rng.random(songs) < 0.7
    return artist, known, draw((songs, 5)), draw((songs, 4)), attention


def by_hand(attention, artist, known, features, left, song):
    """Attention of one song, and the artist's prediction, one other song after another."""

    def unit(vector):
        projected = attention.projection.T @ (vector - attention.mean)
        return projected / np.linalg.norm(projected)

    query = unit(features[song])
    sums = [np.zeros(4), np.exp(attention.null + attention.gate @ query), np.zeros(4), np.exp(attention.start)]
    for other in range(len(artist)):
        if known[other] and other != song and artist[other] == artist[song]:
            weight = np.exp(attention.sharpness * unit(features[other]) @ query)
            for place, term in enumerate((weight * left[other], weight, left[other], 1)):
                sums[place] = sums[place] + term
    return sums[0] / sums[1], sums[2] / sums[3]


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 30), st.integers(1, 6))
def test_a_song_lists_as_many_others_of_its_artist_as_it_may_and_never_itself(seed, artists, songs, most):
    rng = np.random.default_rng(seed)
    artist, known = rng.integers(artists, size=songs), rng.random(songs) < 0.6
    listed = list_others(artist, known, most)
    for song in range(songs):
        others = {j for j in range(songs) if known[j] and j != song and artist[j] == artist[song]}
        found = listed[song][listed[song] != EMPTY]
        assert len(set(found)) == len(found) == min(most, len(others))
        assert set(found) <= others


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_lists_of_known_songs_are_the_same_whoever_made_the_others(seed, most):
    """Or what is drawn in training, one number for each place of a list, would depend on test songs."""
    rng = np.random.default_rng(seed)
    artist, known = rng.integers(4, size=20), rng.random(20) < 0.6
    dealt = np.where(known, artist, rng.permutation(artist))
    assert np.array_equal(list_others(artist, known, most)[known], list_others(dealt, known, most)[known])


def test_each_of_many_songs_of_an_artist_is_listed_equally_often():
    listed = list_others(np.zeros(20, dtype=int), np.ones(20, dtype=bool), 7)
    assert np.bincount(listed.reshape(-1)).tolist() == [7] * 20


def test_songs_come_artist_by_artist_and_only_with_known_ones():
    artist, known = np.array([2, 0, 2, 1, 0]), np.array([True, False, False, True, False])
    assert [(a.tolist(), b.tolist()) for a, b in by_artist(artist, known)] == [([3], [3]), ([0, 2], [0])]


def test_it_is_attention_song_by_song():
    artist, known, features, left, attention = small()
    found = change_of_attention(attention, artist, known, features, left)
    for song in range(len(artist)):
        after, before = by_hand(attention, artist, known, features, left, song)
        np.testing.assert_allclose(found[song], after - before, atol=1e-12)


def test_the_network_that_is_trained_is_the_same():
    artist, known, features, left, attention = small()
    others = list_others(artist, known, 40)
    network = Network(torch.from_numpy(attention.projection), torch.from_numpy(attention.start)).double()
    with torch.no_grad():
        network.sharpness.fill_(float(attention.sharpness))
        network.gate.copy_(torch.from_numpy(attention.gate))
        network.trust.copy_(torch.from_numpy(attention.null - attention.start))
        centred = torch.from_numpy(features - attention.mean)
        places = torch.from_numpy(others.clip(0))
        values = torch.from_numpy(left)[places]
        found = network(centred, centred[places], values, torch.from_numpy(others != EMPTY)).numpy()
    expected = [by_hand(attention, artist, known, features, left, song)[0] for song in range(len(artist))]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_it_starts_at_the_best_linear_unbiased_prediction_of_artists():
    artist, known, features, left, _ = small()
    ratio = np.array([0.3, 1, 2, 5.0])
    _, projection, start = begin_at(features, ratio, 3)
    network = Network(torch.from_numpy(projection), torch.from_numpy(start)).double()
    others = list_others(artist, known, 40)
    places = torch.from_numpy(others.clip(0))
    heard = torch.from_numpy(features)
    found = network(heard, heard[places], torch.from_numpy(left)[places], torch.from_numpy(others != EMPTY))
    alone = Groups(artist, np.arange(len(artist)), artist)
    expected = predict_by_effects(alone, left, known, Ratios(ratio, 0.0), np.zeros(4))
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-6)


def test_it_starts_on_what_varies_most_at_length_one():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((500, 6)) * [5, 4, 3, 1, 1, 1] + 7
    mean, projection, start = begin_at(features, np.array([0, 1.0]), 3)
    np.testing.assert_allclose(mean, features.mean(axis=0), rtol=1e-6)
    projected = (features - mean) @ projection
    assert np.square(projected).sum(axis=1).mean() == pytest.approx(1, rel=0.01)
    assert np.square(projection[:3]).sum() > 0.99 * np.square(projection).sum()
    assert np.exp(start).tolist() == [1 / LOWEST, 1]
    assert begin_at(features[:, :1], np.ones(1), 9)[1].shape == (1, 1)


def test_of_an_empty_catalogue_nothing_is_left_and_more_songs_do_not_make_a_jump():
    artist, known, features, left, attention = small()
    nobody = np.zeros(len(known), dtype=bool)
    assert not change_of_attention(attention, artist, nobody, features, left).any()
    nearly = attention._replace(null=np.full(4, 20.0), start=np.full(4, 20.0))  # one song against a heavy null token
    assert np.abs(change_of_attention(nearly, artist, known, features, left)).max() < 1e-6


def test_songs_without_features_change_nothing_and_are_met_by_all_alike():
    artist, known, features, left, attention = small()
    features[:5] = np.nan
    known[:5] = True
    change = change_of_attention(attention, artist, known, features, left)
    assert not change[:5].any() and np.isfinite(change).all()
    projected = (features - attention.mean) @ attention.projection
    assert not unit_rows(projected)[:5].any()
    others = np.flatnonzero(known & (artist == artist[0]) & (np.arange(40) >= 5))
    assert len(others) and change[others].any()


def test_what_is_hidden_is_drawn_evenly_and_some_see_nothing():
    others = np.tile([3, 5, 9, EMPTY], (40_000, 1))
    shown = hide_some(others, 0.25, np.random.default_rng(0))
    assert not shown[:, 3].any()
    shares = np.bincount(shown.sum(axis=1)) / len(shown)
    np.testing.assert_allclose(shares, [0.25, 0.25, 0.25, 0.25], atol=0.01)
    assert np.ptp(shown[:, :3].mean(axis=0)) < 0.01
    assert hide_some(others, 0, np.random.default_rng(0)).any(axis=1).all()


def test_a_change_that_is_right_is_kept_and_one_by_chance_is_not():
    rng = np.random.default_rng(0)
    change, alone = rng.standard_normal((200, 3)), np.arange(200)
    assert shrunk_share(change, change, alone) == 1
    assert shrunk_share(change, 0.5 * change, alone) == pytest.approx(0.5)
    assert shrunk_share(change, -change, alone) == 0
    assert shrunk_share(1e-9 * change, change, alone) == 0
    by_chance = [shrunk_share(*rng.standard_normal((2, 44, 8)), np.arange(44)) for _ in range(200)]
    assert np.mean(np.array(by_chance) == 0) > 0.75 and np.mean(by_chance) < 0.05
    noisy = shrunk_share(change, 0.5 * change + 3 * rng.standard_normal(change.shape), alone)
    assert 0 < noisy < 0.75


def test_songs_of_an_artist_that_err_together_are_one_draw():
    rng = np.random.default_rng(0)
    together = np.repeat(np.arange(6), 30)
    shares = np.array([
        [shrunk_share(change[together], error[together], artist) for artist in (together, np.arange(180))]
        for change, error in rng.standard_normal((200, 2, 6, 4))
    ])  # fmt: skip
    assert np.mean(shares[:, 0] == 0) > 0.7 > np.mean(shares[:, 1] == 0)
    assert shrunk_share(np.ones((5, 2)), np.ones((5, 2)), np.zeros(5, dtype=int)) == 0
