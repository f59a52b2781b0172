"""Inner products against mean similarities, computed pair by pair."""

import numpy as np
import polars as pl
import pytest

from coldwave.models.mlr.vectors import embed, metric_users, song_vectors

USERS, SONGS = 8, 25


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((SONGS, 6)).astype(np.float32)
    features[[4, 20]] = np.nan
    training = np.arange(SONGS) < 15
    pairs = np.argwhere(rng.random((USERS, SONGS)) < 0.4)
    pairs = pairs[pairs[:, 0] != 3]  # a user without plays, and one with plays of other songs alone
    pairs = pairs[(pairs[:, 0] != 5) | (pairs[:, 1] >= 15)]
    plays = pl.DataFrame(pairs, schema=["user", "song"])
    return plays, features, training, rng.standard_normal(5).astype(np.float32), rng.standard_normal((5, 3))


def metric_vectors(plays, features, training, mean, factor, similarity):
    embedded = embed(features, mean, factor)
    return metric_users(plays, embedded, training, USERS, similarity), song_vectors(embedded, similarity)


def similarities(features, mean, factor, similarity):
    metric = factor @ factor.T
    centred = features[:, :5] - mean
    if similarity == "distance":
        return np.array([[-(a - b) @ metric @ (a - b) for b in centred] for a in centred])
    products = centred @ metric @ centred.T
    return products / np.sqrt(np.outer(np.diag(products), np.diag(products)))


@pytest.mark.parametrize("similarity", ["distance", "cosine"])
def test_a_score_is_the_mean_similarity_to_the_training_songs_played(data, similarity):
    plays, features, training, mean, factor = data
    users, songs = metric_vectors(plays, features, training, mean, factor, similarity)
    assert (users.dtype, songs.dtype) == (np.float32, np.float32)
    scores, pairwise = users @ songs.T, similarities(features, mean, factor, similarity)
    usable = np.isfinite(features).all(axis=1)
    assert np.array_equal(np.isnan(songs).all(axis=1), ~usable)
    assert np.isfinite(songs[usable]).all()
    for user in range(USERS):
        own = [song for owner, song in plays.rows() if owner == user and training[song] and usable[song]]
        if not own:
            assert user in (3, 5)
            assert not users[user].any()
            continue
        expected = pairwise[:, own].mean(axis=1)[usable]
        found = scores[user, usable]
        if similarity == "distance":  # up to a constant of the user
            expected, found = expected - expected.mean(), found - found.mean()
        assert found == pytest.approx(expected, abs=1e-4)


def test_no_play_of_another_song_reaches_a_user(data):
    plays, features, training, mean, factor = data
    before = metric_vectors(plays, features, training, mean, factor, "distance")
    fewer = plays.filter(pl.col("song") < 15)
    assert len(fewer) < len(plays)
    after = metric_vectors(fewer, features, training, mean, factor, "distance")
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, after, strict=True))


def test_a_song_at_the_mean_has_no_direction(data):
    plays, features, training, mean, factor = data
    features[6, :5] = mean
    _, songs = metric_vectors(plays, features, training, mean, factor, "cosine")
    assert songs[6].tolist() == [0, 0, 0]


def test_only_the_first_features_count(data):
    _, features, _, mean, factor = data
    other = features.copy()
    other[:, 5] += 1
    assert np.array_equal(embed(features, mean, factor), embed(other, mean, factor), equal_nan=True)
