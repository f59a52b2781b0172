import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coldwave.new_songs import users as lists_of_users
from coldwave.new_songs.neighbours import NEAREST_SONGS, nearest_songs
from coldwave.new_songs.users import BEST_USERS, best_users, highest_scores

SMALL = st.integers(-3, 3).map(np.float32)  # many scores tie


@settings(deadline=None)
@given(
    arrays(np.float32, st.tuples(st.integers(0, 5), st.just(2)), elements=SMALL),
    arrays(np.float32, st.tuples(st.integers(1, 9), st.just(2)), elements=SMALL),
    st.integers(1, 12),
    st.sampled_from([1, 10, 1 << 24]),
)
def test_the_best_users_are_those_of_a_full_sort(songs, users, number, at_once):
    before = lists_of_users._SCORES_AT_ONCE
    lists_of_users._SCORES_AT_ONCE = at_once
    try:
        found, scores = highest_scores(songs, users, number)
    finally:
        lists_of_users._SCORES_AT_ONCE = before
    for row, song in enumerate(songs):
        every = [float(user @ song) for user in users]
        expected = sorted(range(len(users)), key=lambda user: (-every[user], user))[:number]
        assert found[row].tolist() == expected
        assert scores[row].tolist() == [every[user] for user in expected]


def test_a_song_without_a_vector_has_no_rows():
    songs = pl.DataFrame({"song_id": ["a", "b"]})
    vectors = np.array([[np.nan, np.nan], [1, 0]], np.float32)
    users = np.array([[0, 1], [2, 0], [1, 0]], np.float32)
    ids = pl.Series(["x", "y", "z"])
    table = best_users(songs, vectors, ids, users, 2)
    assert table.rows() == [(1, "b", 1, 1, "y", 2.0), (1, "b", 2, 2, "z", 1.0)]
    assert dict(best_users(songs.head(1), vectors[:1], ids, users, 2).schema) == BEST_USERS

    known = pl.DataFrame({"song_id": ["p", "q", "r"], "artist": ["P", None, "R"], "title": ["1", "2", "3"]})
    known_vectors = np.array([[0, 3], [np.nan, np.nan], [5, 0]], np.float32)
    near = nearest_songs(songs, vectors, known, known_vectors, np.eye(2, dtype=np.float32), 4)
    assert near.rows() == [(1, "b", 1, 2, "r", "R", "3", 1.0), (1, "b", 2, 0, "p", "P", "1", 0.0)]
    none = nearest_songs(songs.head(1), vectors[:1], known, known_vectors, np.eye(2, dtype=np.float32), 4)
    assert none.is_empty() and dict(none.schema) == NEAREST_SONGS
