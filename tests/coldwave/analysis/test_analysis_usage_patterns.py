"""Usage patterns against the vectors over all users that they stand for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from coldwave.analysis import usage_patterns
from coldwave.analysis.usage_patterns import pattern_root, unit_patterns, usable


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 8), st.booleans())
def test_cosines_are_those_of_the_vectors_over_all_users(seed, users, factors, lost_factor):
    rng = np.random.default_rng(seed)
    user_factors = rng.standard_normal((users, factors)).astype(np.float32)  # singular with fewer users than factors
    if lost_factor:
        user_factors[:, -1] = 0
    songs = rng.standard_normal((9, factors)).astype(np.float32)
    songs[2], songs[5] = 0, np.nan
    root = pattern_root(user_factors)
    assert root @ root.T == pytest.approx(user_factors.T.astype(float) @ user_factors.astype(float), abs=1e-9)
    units = unit_patterns(songs, root)
    assert units.dtype == np.float32
    brute = songs.astype(np.float64) @ user_factors.T.astype(np.float64)
    there = usable(units)
    lengths = np.linalg.norm(brute, axis=1)
    long_enough = lengths > 1e-3 * np.linalg.norm(songs, axis=1)  # shorter ones are lost to rounding by either way
    assert not there[2] and not there[5]
    assert there[long_enough].all()
    rows = np.flatnonzero(there & long_enough)
    if len(rows):
        assert units[rows] @ units[rows].T == pytest.approx(cosine_similarity(brute[rows]), abs=2e-5)


def test_blocks_do_not_matter(monkeypatch):
    rng = np.random.default_rng(0)
    users, songs = rng.standard_normal((50, 4)), rng.standard_normal((23, 4))
    before = pattern_root(users), unit_patterns(songs, pattern_root(users))
    monkeypatch.setattr(usage_patterns, "BLOCK", 7)
    root = pattern_root(users)
    assert root == pytest.approx(before[0])
    assert unit_patterns(songs, root) == pytest.approx(before[1])


def test_a_song_that_no_user_is_predicted_to_play_has_no_pattern():
    root = pattern_root(np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]))
    assert usable(unit_patterns(np.array([[0.0, 5.0], [1.0, 5.0]]), root)).tolist() == [False, True]
