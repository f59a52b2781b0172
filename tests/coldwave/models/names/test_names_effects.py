"""Effects of artists and albums in closed form, against the covariance matrix of all songs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.models.names.effects import Ratios, mean_of_artists, predict_by_effects, restricted_likelihood, sum_up
from coldwave.models.names.groups import Groups, find_groups

RATIO = st.one_of(st.just(0.0), st.floats(0.01, 50))
SONGS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.booleans()), min_size=3, max_size=14)


def predicted(groups, values, known, ratios):
    """Predict with the mean that is estimated from the same songs."""
    mean = mean_of_artists(groups, values, known, ratios)
    return predict_by_effects(groups, values, known, ratios, mean)


def grouped(table, artist, album):
    return find_groups(table([f"a{n}" for n in artist], [f"b{n}" for n in album]))


def drawn(seed=0, number=60):
    rng = np.random.default_rng(seed)
    artist, album = rng.integers(12, size=number), rng.integers(3, size=number)
    return artist, album, 3 + rng.standard_normal((number, 4)), rng.random(number) < 0.8


@pytest.mark.parametrize("ratios", [(1.3, 0.4), (0, 0.7), (2.0, 0), (0, 0), (1e6, 1e-6)])
def test_predictions_and_likelihood_are_those_of_the_covariance_matrix(ratios, dense, table):
    artist, album, values, known = drawn()
    groups, whole = grouped(table, artist, album), dense(artist, album, *ratios)
    found = predicted(groups, values, known, Ratios(*ratios))
    assert found == pytest.approx(whole.predicted(values, known), rel=1e-6, abs=1e-6)
    likelihood = restricted_likelihood(groups, sum_up(groups, values, known), Ratios(*ratios))
    assert likelihood == pytest.approx(whole.restricted_likelihood(values, known), rel=1e-6)


def test_each_direction_has_ratios_of_its_own(table):
    artist, album, values, known = drawn()
    groups, ratios = grouped(table, artist, album), Ratios(np.array([0, 1.0, 2, 3]), np.array([1.0, 0, 0.5, 3]))
    found, sums = predicted(groups, values, known, ratios), sum_up(groups, values, known)
    likelihood = restricted_likelihood(groups, sums, ratios)
    for place, pair in enumerate(zip(*ratios, strict=True)):
        alone = predicted(groups, values[:, [place]], known, Ratios(*pair))
        assert found[:, [place]] == pytest.approx(alone)
        assert likelihood[place] == pytest.approx(restricted_likelihood(groups, sums, Ratios(*pair))[place])


@settings(deadline=None)
@given(SONGS, RATIO, RATIO, st.integers(0, 9))
def test_it_is_the_covariance_matrix_and_neither_order_nor_names_matter(rows, artist_ratio, album_ratio, seed):
    artist, album, known = (np.array(column) for column in zip(*rows, strict=True))
    if known.sum() < 2:
        known[:2] = True
    values, rng = np.random.default_rng(seed).standard_normal((len(rows), 2)), np.random.default_rng(seed + 1)
    ratios, groups = Ratios(artist_ratio, album_ratio), numbered(artist, album)
    found = predicted(groups, values, known, ratios)
    same_artist = np.equal.outer(artist, artist)
    effects = artist_ratio * same_artist + album_ratio * (same_artist & np.equal.outer(album, album))
    rows_known = np.flatnonzero(known)
    covariance = effects[np.ix_(rows_known, rows_known)] + np.eye(len(rows_known))
    weights = np.linalg.solve(covariance, np.ones(len(rows_known)))
    mean = weights @ values[known] / weights.sum()
    new = np.flatnonzero(~known)
    expected = mean + effects[np.ix_(new, rows_known)] @ np.linalg.solve(covariance, values[known] - mean)
    assert found[new] == pytest.approx(expected, rel=1e-6, abs=1e-8)
    order, renamed = rng.permutation(len(rows)), rng.permutation(4)
    again = predicted(
        numbered(renamed[artist][order], rng.permutation(3)[album][order]), values[order], known[order], ratios
    )
    assert again == pytest.approx(found[order], rel=1e-9, abs=1e-9)


def numbered(artist, album):
    """Groups of numbers, made by hand."""
    unique, of_song = np.unique(np.stack((artist, album), axis=1), axis=0, return_inverse=True)
    return Groups(artist, of_song.reshape(-1), unique[:, 0])


def test_limits(table):
    artist, album, values, known = drawn()
    groups = grouped(table, artist, album)
    mean = values[known].mean(axis=0)
    for song in range(len(values)):  # nothing is known of artists: the mean of all
        found = predicted(groups, values, known, Ratios(0, 0))[song]
        assert found == pytest.approx(mean)
    own = predicted(groups, values, known, Ratios(1e9, 0))  # artists are all: the mean of its other songs
    for song in range(len(values)):
        others = known & (artist == artist[song]) & (np.arange(len(values)) != song)
        if others.any():
            assert own[song] == pytest.approx(values[others].mean(axis=0), abs=1e-5)
    lone = grouped(table, np.arange(60), np.zeros(60, dtype=int))  # each song has an artist of its own
    assert predicted(lone, values, known, Ratios(2.0, 1.0)) == pytest.approx(np.tile(mean, (60, 1)))


def test_a_song_more_of_an_artist_counts_less_and_less(table):
    """With n songs of value 1 beside a mean of about 0, n / (n + noise / variance): by hand."""
    for number in (1, 4, 100):
        artist = np.append(np.arange(1000) + 1, np.zeros(number + 1, dtype=int))
        values = (artist == 0).astype(float)[:, None]
        known = np.arange(len(artist)) < len(artist) - 1
        found = predicted(grouped(table, artist, artist), values, known, Ratios(0.25, 0.0))[-1, 0]
        assert found == pytest.approx(number / (number + 4), abs=0.003)


def test_a_songs_own_values_do_not_count_for_itself(table):
    artist, album, values, known = drawn()
    groups, ratios = grouped(table, artist, album), Ratios(1.0, 0.5)
    before = predict_by_effects(groups, values, known, ratios, np.zeros(4))
    for song in range(60):
        other = values.copy()
        other[song] += 5
        after = predict_by_effects(groups, other, known, ratios, np.zeros(4))
        assert after[song] == pytest.approx(before[song])
        others = known[song] & (artist == artist[song]) & (np.arange(60) != song)
        assert (after[others] > before[others]).all()
        assert after[artist != artist[song]] == pytest.approx(before[artist != artist[song]])
