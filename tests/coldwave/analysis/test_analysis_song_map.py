"""The map: neighbours stay neighbours, the same songs give the same map, and any number of songs has one."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from coldwave.analysis.song_map import embed


def clusters(each, k=6, seed=0):
    rng = np.random.default_rng(seed)
    vectors = np.repeat(np.eye(k), each, axis=0) + 0.15 * rng.standard_normal((k * each, k))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), np.repeat(np.arange(k), each)


@pytest.mark.parametrize("each", [15, 170], ids=["exact", "approximate"])
def test_songs_alike_are_near_each_other_and_the_map_is_the_same_again(each):
    units, group = clusters(each)
    found = embed(units, 10.0, seed=1)
    assert found.shape == (len(units), 2) and np.isfinite(found).all()
    near = NearestNeighbors(n_neighbors=6).fit(found).kneighbors(return_distance=False)
    assert (group[near] == group[:, None]).mean() > 0.95
    if each < 100:
        assert embed(units, 10.0, seed=1, threads=2).tobytes() == found.tobytes()


@pytest.mark.parametrize("songs", [0, 1, 2, 3, 4, 5, 8])
def test_a_few_songs_have_a_map_as_well(songs):
    found = embed(clusters(2)[0][:songs], 30.0, seed=1)
    assert found.shape == (songs, 2)
    assert np.isfinite(found).all()
