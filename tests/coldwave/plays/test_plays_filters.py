"""Filters against brute force."""

from collections import Counter
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.plays.filters import core, highest, random_scores, totals

pair_sets = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 9)), max_size=50)


def plain_core(pairs, users, songs, min_users, min_songs):
    """Leave out one user or song at a time, until none is below its minimum."""
    while True:
        here = [(user, song) for user, song in pairs if user in users and song in songs]
        few_songs = [user for user in users if sum(pair[0] == user for pair in here) < min_songs]
        few_users = [song for song in songs if sum(pair[1] == song for pair in here) < min_users]
        if few_songs:
            users = users - {few_songs[0]}
        elif few_users:
            songs = songs - {few_users[0]}
        else:
            return users, songs


@settings(max_examples=200, deadline=None)
@given(
    pairs=pair_sets,
    min_users=st.integers(0, 4),
    min_songs=st.integers(0, 4),
    without_users=st.sets(st.integers(0, 7), max_size=2),
    without_songs=st.sets(st.integers(0, 9), max_size=2),
)
def test_core_equals_one_at_a_time(pairs, min_users, min_songs, without_users, without_songs):
    user, song = (np.array([pair[side] for pair in sorted(pairs)], dtype=np.uint32) for side in (0, 1))
    users = np.array([index not in without_users for index in range(8)])
    songs = np.array([index not in without_songs for index in range(10)])
    kept_users, kept_songs, _ = core(user, song, users, songs, min_users, min_songs)
    expected = plain_core(pairs, set(range(8)) - without_users, set(range(10)) - without_songs, min_users, min_songs)
    assert (set(np.flatnonzero(kept_users)), set(np.flatnonzero(kept_songs))) == expected


@given(
    score=st.lists(st.integers(0, 5), max_size=20),
    wanted=st.integers(0, 25),
    data=st.data(),
)
def test_highest_equals_sorting(score, wanted, data):
    candidate = data.draw(st.lists(st.booleans(), min_size=len(score), max_size=len(score)))
    picked = highest(np.array(score, dtype=np.int64), np.array(candidate, dtype=bool), wanted)
    order = sorted((index for index in range(len(score)) if candidate[index]), key=lambda index: (-score[index], index))
    assert np.flatnonzero(picked).tolist() == sorted(order[:wanted])


@given(rows=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 2**32 - 1)), max_size=30), at_once=st.integers(1, 40))
def test_totals_are_those_of_a_counter(rows, at_once):
    index, weight = np.array(rows, dtype=np.uint32).reshape(-1, 2).T
    number, sums = Counter(index.tolist()), Counter()
    for place, each in rows:
        sums[place] += each
    with patch("coldwave.plays.filters.TOTAL_ROWS", at_once):
        assert totals(index, 5).tolist() == [number[place] for place in range(5)]
        assert totals(index, 5, weight).tolist() == [sums[place] for place in range(5)]


def test_totals_are_exact_for_large_counts():
    weight = np.full(1000, 2**32 - 1, dtype=np.uint32)
    assert totals(np.zeros(1000, dtype=np.uint32), 2, weight).tolist() == [1000 * (2**32 - 1), 0]


def test_random_scores_depend_on_id_and_seed_alone():
    ids = [f"user {n}" for n in range(500)]
    scores = random_scores(ids, 1)
    np.testing.assert_array_equal(random_scores(ids[::-1], 1), scores[::-1])
    assert (scores >= 0).all()
    assert len(set(scores.tolist())) == 500
    assert (random_scores(ids, 2) != scores).all()
    assert 0.4 < (scores > 2**62).mean() < 0.6
