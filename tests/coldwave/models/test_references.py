"""The floor, the mean and the oracle of fame."""

import numpy as np

from coldwave.models.references import mean_vectors, popularity_vectors, random_vectors


def test_random_rankings_have_nothing_in_common():
    users, songs = random_vectors(200, 300, seed=1)
    ranks = np.argsort(np.argsort(users @ songs.T, axis=1), axis=1)
    correlations = np.corrcoef(ranks)[np.triu_indices(200, 1)]
    assert abs(correlations.mean()) < 0.01
    assert np.array_equal(users, random_vectors(200, 300, seed=1)[0])
    assert not np.array_equal(songs, random_vectors(200, 300, seed=2)[1])


def test_the_mean_is_of_training_songs_only():
    factors = np.array([[1, 2], [3, 4], [100, 100]], dtype=np.float32)
    found = mean_vectors(factors, np.array([True, True, False]))
    assert found.tolist() == [[2, 3]] * 3


def test_popularity_ranks_by_users_exactly_and_alike_for_everybody():
    users, songs = popularity_vectors(np.array([5, 2_000_001, 0, 2_000_000], dtype=np.uint32), 3)
    scores = users @ songs.T
    assert users.dtype == songs.dtype == np.float32
    assert np.argsort(-scores, axis=1).tolist() == [[1, 3, 0, 2]] * 3
    assert scores[0, 1] > scores[0, 3]
