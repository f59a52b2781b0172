"""The map: neighbours stay neighbours, the same songs give the same map, and any number of songs has one."""

import numpy as np
import polars as pl
import pytest
from sklearn.neighbors import NearestNeighbors

from coldwave.analysis.song_map import bounded_perplexity, embed, labelled_artists, main_tags, map_caption


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


def test_perplexity_is_bounded_by_the_songs():
    assert bounded_perplexity(30, 1000) == 30
    assert bounded_perplexity(30, 10) == 3
    assert "perplexity 3)" in map_caption("cnn", "test", 10, 30.0)
    assert "own plays" in map_caption(None, "all", 10, 30.0)


def test_songs_have_the_most_frequent_of_their_tags():
    tags = pl.Series([["x", "b"], ["b", "a"], ["a"], [], ["rare"], ["a", "b"]], dtype=pl.List(pl.String))
    assert main_tags(tags, 2) == ["b", "a", "a", None, None, "a"]
    assert main_tags(pl.Series([[], []], dtype=pl.List(pl.String)), 2) == [None, None]


def test_labels_are_at_the_middle_song_of_artists_with_several():
    places = np.array([[0, 0], [1, 0], [9, 0], [5, 5], [5, 6], [7, 7]], dtype=float)
    artist, known = np.array([0, 0, 0, 1, 1, 2]), np.array([True] * 6)
    plays = np.array([1, 1, 1, 9, 9, 99], dtype=np.uint64)
    assert labelled_artists(places, artist, known, plays, 5) == [(1, 3), (0, 1)]
    assert labelled_artists(places, artist, known, plays, 1) == [(1, 3)]
    assert labelled_artists(places, artist, ~known, plays, 5) == []
