"""The floor, and the mean."""

import numpy as np

from coldwave.references import mean_vectors, random_vectors


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
