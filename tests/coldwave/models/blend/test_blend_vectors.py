"""A blend is the sum of its parts' scores, divided by their deviation for each user."""

import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.models.blend.vectors import Blend, find_part, log_silent

USERS, SONGS = 12, 40
VALIDATION = np.arange(SONGS) % 3 == 1


def vectors(seed, widths):
    rng = np.random.default_rng(seed)
    songs = [rng.normal(rng.normal(size=width), 1, (SONGS, width)).astype(np.float32) for width in widths]
    return [rng.normal(size=(USERS, width)).astype(np.float32) for width in widths], songs


def blended(users, songs, weights):
    parts = [find_part(str(place), own, VALIDATION) for place, own in enumerate(songs)]
    return Blend(parts, np.asarray(weights, dtype=np.float64))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 9), min_size=2, max_size=4))
def test_scores_are_those_of_dense_matrices(seed, widths):
    users, songs = vectors(seed, widths)
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(widths)))
    blend = blended(users, songs, weights)
    expected = 0
    for weight, own, other in zip(weights, users, songs, strict=True):
        scores = own.astype(np.float64) @ other.T
        expected = expected + weight * scores / scores[:, VALIDATION].std(axis=1, keepdims=True)
    found = blend.users(users) @ blend.songs(songs).T
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_a_song_that_a_part_does_not_predict_is_ranked_by_the_others_and_one_of_none_is_missing():
    users, songs = vectors(1, [3, 4])
    songs[0][[5, 6]], songs[1][[6]] = np.nan, np.nan
    blend = blended(users, songs, [0.5, 0.5])
    joined = blend.songs(songs)
    assert np.isnan(joined).any(axis=1).nonzero()[0].tolist() == [6] and np.isnan(joined[6]).all()
    first, second = (own @ other.T for own, other in zip(users, songs, strict=True))
    heard = first[:, VALIDATION & np.isfinite(first[0])]  # song 5 is no validation song
    expected = heard.mean(axis=1) / heard.std(axis=1) + second[:, 5] / second[:, VALIDATION].std(axis=1)
    np.testing.assert_allclose(blend.users(users) @ joined[5], expected / 2, rtol=1e-3, atol=1e-5)


def test_a_part_that_scores_all_songs_alike_says_nothing_and_is_counted(caplog):
    users, songs = vectors(2, [3, 4])
    songs[0][:] = np.float32(1e3) + np.float32([0.1, 0.2, 0.3])
    songs[0][0] += np.float32(1e-4)  # rounding
    users[1][4] = 0
    users[0][4] = 0
    blend = blended(users, songs, [0.9, 0.1])
    joined = blend.users(users)
    assert not joined[:, :3].any() and joined[:4, 3:].any(axis=1).all() and not joined[4].any()
    caplog.set_level(logging.INFO)
    songs[1][7] = np.nan
    log_silent(blend, ["flat", "other"], users, songs)
    assert "flat scores all songs alike for 12 users" in caplog.text
    assert "other does not predict 1 songs" in caplog.text
    assert "0 songs are predicted by no model, and for 1 users all songs tie" in caplog.text


def test_what_is_written_is_read_back():
    users, songs = vectors(3, [2, 5, 1])
    blend = blended(users, songs, [0.2, 0.3, 0.5])
    again = Blend.of(blend.tensors())
    assert np.array_equal(again.users(users), blend.users(users))
    assert np.array_equal(again.songs(songs), blend.songs(songs))


def test_a_part_needs_two_validation_songs():
    songs = np.full((SONGS, 3), np.nan, dtype=np.float32)
    songs[[0, 1, 2]] = 1
    with pytest.raises(InputError, match=r"^deaf predicts 1 of 13 validation songs, .* raise split.validation"):
        find_part("deaf", songs, VALIDATION)
