"""Content-based neighbours against scikit-learn's cosines, a user and a song at a time."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from coldwave.models.knn import mean_played, unit_length


def played(pairs):
    return pl.DataFrame(pairs, schema={"user": pl.UInt32, "song": pl.UInt32}, orient="row")


@given(st.integers(0, 2**32 - 1))
def test_a_score_is_the_mean_cosine_to_the_training_songs_played(seed):
    rng = np.random.default_rng(seed)
    users, songs = 6, 12
    features = rng.standard_normal((songs, 4)).astype(np.float32)
    features[rng.integers(songs)] = np.nan
    training = rng.random(songs) < 0.6
    pairs = [(u, s) for u in range(users) for s in range(songs) if rng.random() < 0.4]
    vectors = unit_length(features)
    found = mean_played(played(pairs), vectors, training, users)
    assert found.dtype == vectors.dtype == np.float32
    scores = found @ vectors.T
    usable = np.isfinite(features).all(axis=1)
    for user in range(users):
        own = [s for u, s in pairs if u == user and training[s] and usable[s]]
        if not own:
            assert (found[user] == 0).all()
            continue
        expected = cosine_similarity(features[usable], features[own]).mean(axis=1)
        assert scores[user, usable] == pytest.approx(expected, abs=1e-5)
        assert np.isnan(scores[user, ~usable]).all()


def test_plays_of_other_songs_and_the_order_of_plays_do_not_matter():
    rng = np.random.default_rng(0)
    vectors = unit_length(rng.standard_normal((8, 3)).astype(np.float32))
    training = np.arange(8) < 5
    pairs = [(user, song) for user in range(4) for song in range(8) if (user + song) % 3]
    before = mean_played(played(pairs), vectors, training, 4)
    others = [(user, song) for user, song in pairs if training[song]] + [(0, 6), (3, 7)]
    assert mean_played(played(others[::-1]), vectors, training, 4).tobytes() == before.tobytes()


def test_a_song_that_sounds_like_the_average_is_like_none():
    vectors = unit_length(np.array([[0, 0], [3, 4]], dtype=np.float32))
    assert vectors == pytest.approx(np.array([[0, 0], [0.6, 0.8]]))


def test_a_user_without_training_songs_gets_zeros_and_is_counted(caplog):
    vectors = unit_length(np.eye(2, dtype=np.float32))
    with caplog.at_level("WARNING"):
        found = mean_played(played([(0, 1), (1, 0)]), vectors, np.array([True, False]), 3)
    assert found.tolist() == [[0, 0], [1, 0], [0, 0]]
    assert "2 users have played no training song" in caplog.text
