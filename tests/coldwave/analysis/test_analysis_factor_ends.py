"""Artists at the ends of factors: free of how the factors were turned, against scikit-learn's PCA."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from coldwave.analysis.factor_ends import ENDS, HIGH, LOW, Axes, artist_ends, principal_axes, songs_needed
from coldwave.analysis.factor_text import end_columns
from coldwave.analysis.names import artists_of, song_labels
from coldwave.analysis.usage_patterns import pattern_root, usage_patterns


def test_axes_are_those_of_a_pca_with_the_largest_loading_positive():
    rng = np.random.default_rng(0)
    patterns = rng.standard_normal((30, 5)) * [5, 3, 2, 1, 0.5]
    training = np.arange(30) < 22
    axes = principal_axes(patterns, training, 3)
    pca = PCA(3).fit(patterns[training])
    assert axes.variance == pytest.approx(pca.explained_variance_ratio_)
    expected = pca.transform(patterns) / pca.transform(patterns)[training].std(axis=0)
    assert np.abs(axes.loadings) == pytest.approx(np.abs(expected))
    own = axes.loadings[training]
    assert (own[np.abs(own).argmax(axis=0), range(3)] > 0).all()


@given(st.integers(0, 2**32 - 1))
def test_they_do_not_depend_on_how_factors_are_turned(seed):
    rng = np.random.default_rng(seed)
    users, songs = rng.standard_normal((20, 3)), rng.standard_normal((15, 3)) * [4, 2, 1]
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0] * rng.uniform(0.5, 2, 3)
    training = np.arange(15) < 12
    one = principal_axes(usage_patterns(songs, pattern_root(users)), training, 2)
    turned = songs @ np.linalg.inv(turn).T
    other = principal_axes(usage_patterns(turned, pattern_root(users @ turn)), training, 2)
    assert other.variance == pytest.approx(one.variance, abs=1e-6)
    if one.variance[0] - one.variance[1] > 0.05:  # axes of nearly the same variance are not apart
        assert np.abs(other.loadings[:, 0]) == pytest.approx(np.abs(one.loadings[:, 0]), abs=1e-4)


def test_fewer_dimensions_than_wanted_give_fewer_axes():
    patterns = np.outer(np.arange(6.0), [1, 2, 3])
    axes = principal_axes(patterns, np.ones(6, dtype=bool), 3)
    assert axes.loadings.shape == (6, 1)
    assert axes.variance == pytest.approx([1])
    assert principal_axes(np.array([[1.0], [3.0]]), np.ones(2, dtype=bool), 3).loadings.shape == (2, 1)


def test_artists_are_ranked_from_both_ends_by_the_mean_of_their_training_songs():
    artist = np.array([0, 0, 1, 1, 2, 2, 3, 4, 4])
    loadings = np.array([1.0, 3.0, 0.0, 0.5, -1.0, -2.0, 9.0, 4.0, 100.0])[:, None]
    training = np.arange(9) < 8  # the last song is not for training
    names = ["a", "b", "c", "d", "e"]
    ends = artist_ends(Axes(loadings, np.array([0.7])), artist, names, training, 1, 2)
    assert dict(ends.schema) == ENDS
    assert ends.select("end", "rank", "artist", "songs", "loading").rows() == [
        (HIGH, 1, "a", 2, 2.0), (LOW, 1, "c", 2, -1.5),
    ]  # fmt: skip
    both = artist_ends(Axes(loadings, np.array([0.7])), artist, names, training, 9, 1)
    assert both.filter(pl.col("end") == HIGH)["artist"].to_list() == ["d", "e"]
    assert both.filter(pl.col("end") == LOW)["artist"].to_list() == ["c", "b"]
    assert end_columns(both, HIGH, LOW)["factor"] == ["1 (70.0 %)", ""]


def test_where_too_few_artists_have_enough_songs_fewer_will_do():
    artist = np.array([0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4])
    assert songs_needed(artist, 1, 3) == 3
    assert songs_needed(artist, 2, 3) == 2
    assert songs_needed(artist, 3, 3) == 1


def test_names():
    songs = pl.DataFrame(
        {
            "song_id": ["s1", "s2", "s3", "s4"],
            "title": ["One", None, " ", "Four"],
            "artist": ["The  Band", "the band", None, " "],
        }
    )
    assert song_labels(songs) == ["The  Band – One", "the band – s2", "s3", "Four"]
    artist, names, known = artists_of(songs)
    assert artist[0] == artist[1] and len(set(artist)) == 3
    assert known.tolist() == [True, True, False, False]
    assert [names[one] for one in artist] == ["The  Band", "The  Band", "s3", "Four"]
