"""The lists of users, and what they are made of: against a plain sort and by hand."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.evaluation.lists import (
    artist_diversity,
    artist_numbers,
    coverage,
    gini,
    novelty,
    tie_order,
    times_listed,
)
from coldwave.evaluation.ranking import stand


def lists_of(users, songs, order=None, length=4, **more):
    users, songs = np.asarray(users, float), np.asarray(songs, float)
    starts, relevant = np.arange(len(users) + 1), np.zeros(len(users), int)
    return stand(users, songs, starts, relevant, order, length, **more).lists


@pytest.mark.parametrize("levels", [None, 2, 4])
@pytest.mark.parametrize("length", [1, 7, 30, 50])
def test_a_list_is_the_begin_of_a_stable_sort_of_songs_in_the_order_that_breaks_ties(levels, length):
    rng = np.random.default_rng(0)
    users, songs = (rng.integers(0, levels, (n, 3)) if levels else rng.normal(size=(n, 3)) for n in (60, 30))
    songs = songs.astype(float)
    songs[[3, 4, 20]] = np.nan
    order = rng.permutation(30)
    scores = np.nan_to_num(users @ songs.T, nan=-np.inf)
    wanted = order[np.argsort(-scores[:, order], axis=1, kind="stable")][:, :length]
    np.testing.assert_array_equal(lists_of(users, songs, order, length), wanted)


def test_lists_depend_neither_on_the_order_of_songs_nor_on_threads_nor_on_chunks():
    rng = np.random.default_rng(1)
    users, songs = rng.integers(0, 3, (500, 2)), rng.integers(0, 3, (40, 2)).astype(float)
    songs[5] = np.nan
    ids = np.array([f"song {place}" for place in range(40)])
    found = ids[lists_of(users, songs, tie_order(ids))]
    moved = rng.permutation(40)
    other = lists_of(users, songs[moved], tie_order(ids[moved]), threads=2, users_at_once=7)
    np.testing.assert_array_equal(ids[moved][other], found)


def test_users_without_a_relevant_song_have_no_list():
    found = stand(np.ones((3, 1)), np.ones((2, 1)), np.array([0, 0, 1, 1]), np.array([0]), None, 1).lists
    assert found.tolist() == [[-1], [0], [-1]]
    assert times_listed(found, 2).tolist() == [1, 0]
    assert np.isnan(artist_diversity(found, np.array([0, 1]))).tolist() == [True, False, True]
    assert np.isnan(novelty(found, np.array([0.5, 0.5]))).tolist() == [True, False, True]


def test_an_order_that_does_not_name_each_song_once_is_refused():
    with pytest.raises(ValueError, match="each of the 3 candidates once"):
        lists_of([[1.0]], [[1.0], [2.0], [3.0]], [0, 1, 1])


def test_artists_are_counted_by_hand():
    artists = artist_numbers(["Ann", "ann ", "Bo", None, None, "  "])
    assert artists[0] == artists[1]
    assert len(set(artists.tolist())) == 5  # a song whose artist is not named stands alone
    lists = np.array([[0, 1, 2, 3], [3, 4, 5, 0], [0, 1, 0, 1]])
    assert artist_diversity(lists, artists).tolist() == [3 / 4, 1, 1 / 4]
    random = np.random.default_rng(0).integers(0, 6, (70_000, 3))  # more than one chunk
    wanted = [len(set(row)) / 3 for row in artists[random].tolist()]
    assert artist_diversity(random, artists).tolist() == wanted


def test_novelty_is_the_mean_information_in_bits():
    assert novelty(np.array([[0, 1], [2, 2]]), np.array([1 / 2, 1 / 8, 1])).tolist() == [2, 0]


def test_coverage_and_gini_by_hand():
    assert coverage(np.array([0, 3, 1, 0])) == 1 / 2
    assert gini(np.array([5, 5, 5])) == 0
    assert gini(np.array([0, 0, 0, 9])) == 3 / 4
    assert gini(np.zeros(3)) == 0


@given(st.lists(st.integers(0, 20), min_size=1, max_size=30).filter(any))
def test_gini_is_half_the_relative_mean_difference(values):
    array = np.array(values, float)
    wanted = np.abs(array[:, None] - array).mean() / (2 * array.mean())
    assert gini(array) == pytest.approx(wanted, abs=1e-12)


def test_the_order_of_ties_is_a_permutation_that_follows_the_ids():
    ids = [f"S{place}" for place in range(200)]
    order = tie_order(ids)
    assert Counter(order.tolist()) == Counter(range(200))
    assert [ids[place] for place in order] == [ids[::-1][place] for place in tie_order(ids[::-1])]
    assert order.tolist() != list(range(200))
