"""How listeners of a new song are found, against sums over all songs."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.use.lift import Lift
from coldwave.use.neighbours import SIMILAR
from coldwave.use.placing import tags_of_nearest


def test_a_lift_is_the_distance_from_the_users_mean_in_standard_deviations():
    rng = np.random.default_rng(1)
    users, songs, song = rng.normal(size=(7, 4)), rng.normal(size=(30, 4)) + 1, rng.normal(size=4)
    every = Lift(users, np.vstack((songs, [[np.nan] * 4])))
    mean, deviation, lift = every.mean, every.deviation, every.of(song)
    for user, vector in enumerate(users):
        scores = [float(vector @ other) for other in songs]
        assert mean[user] == pytest.approx(np.mean(scores))
        assert deviation[user] == pytest.approx(np.std(scores))
        assert lift[user] == pytest.approx((vector @ song - np.mean(scores)) / np.std(scores))


@settings(deadline=None)
@given(st.floats(1e-3, 1e3), st.integers(0, 1000))
def test_activity_which_scales_a_users_scores_does_not_count(factor, seed):
    rng = np.random.default_rng(seed)
    users, songs, song = rng.normal(size=(3, 4)), rng.normal(size=(20, 4)), rng.normal(size=4)
    np.testing.assert_allclose(Lift(users, songs).of(song), Lift(factor * users, songs).of(song), rtol=1e-6)


def test_a_user_to_whom_all_songs_are_the_same_has_no_lift():
    songs = np.array([[1.0, 2.0], [1.0, 3.0]])
    every = Lift(np.array([[1.0, 0.0], [0.0, 0.0]]), songs)
    assert np.isnan(every.of(np.array([5.0, 1.0]))).all()
    assert len(every.best(np.array([5.0, 1.0]), 3)[0]) == 0


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_rounding_tells_no_songs_apart(size):
    rng = np.random.default_rng(2)
    axes = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    songs = size * (rng.normal(size=(40, 6)) @ axes[:6])
    orthogonal, others = 100 * rng.normal(size=(500, 6)) @ axes[6:], rng.normal(size=(500, 12))
    for every in (songs, songs + size * axes[6]):  # the latter all score alike to the orthogonal users, but not 0
        lift = Lift(np.vstack((orthogonal, others)), every).of(every[0])
        assert np.isnan(lift[:500]).all() and np.isfinite(lift[500:]).all()
    alike = Lift(others, np.tile(size * rng.normal(size=12), (31, 1)))
    assert np.isnan(alike.of(songs[0])).all()


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 12))
def test_the_best_users_are_those_of_a_full_sort(seed, number):
    rng = np.random.default_rng(seed)
    users, songs = rng.integers(-2, 3, (9, 2)).astype(float), rng.normal(size=(20, 2))  # equal users tie
    every, song = Lift(users, songs), rng.normal(size=2)
    lift = every.of(song)
    expected = sorted(np.flatnonzero(~np.isnan(lift)), key=lambda user: (-lift[user], user))[:number]
    found, best = every.best(song, number)
    assert found.tolist() == expected and best.tolist() == lift[expected].tolist()


def test_tags_are_those_of_the_nearest_by_sound():
    songs = pl.DataFrame({"song": range(4), "tags": [["Rock", "live"], ["rock"], ["jazz"], ["rock", "live"]]})
    rows = [("sound", 0), ("sound", 2), ("usage", 1)]
    similar = pl.DataFrame([dict.fromkeys(SIMILAR) | {"by": by, "song": song} for by, song in rows], schema=SIMILAR)
    found = tags_of_nearest(songs.cast({"song": pl.UInt32}), similar)
    # all three are tags of one of two songs; jazz is the rarest of all songs
    assert found.rows() == [("jazz", 1, 0.5, 0.25), ("live", 1, 0.5, 0.5), ("rock", 1, 0.5, 0.75)]
