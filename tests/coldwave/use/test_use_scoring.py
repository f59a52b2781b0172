"""Scores for many listeners are those for one, and songs with the same vectors tie wherever they stand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from coldwave.use.kinds import FACTORS
from coldwave.use.scoring import Scorer


def scorer(heard, by_plays=0):
    marked = np.arange(len(heard)) < by_plays
    return Scorer(heard, heard[::-1].copy(), marked, FACTORS)


@pytest.mark.parametrize("by_plays", [0, 30, 101])
def test_laid_out_for_many_or_not(by_plays):
    rng = np.random.default_rng(0)
    heard = rng.normal(size=(101, 7)).astype(np.float32)
    heard[60:64] = np.nan
    vector = rng.normal(size=7).astype(np.float32)
    one = scorer(heard, by_plays)
    scores = replace(one, many=True).scores(vector)
    assert scores.shape == (101,)
    np.testing.assert_allclose(scores, one.scores(vector), rtol=1e-5, atol=1e-6)
    rows = one.rows(np.arange(101)).astype(np.float64) @ vector
    np.testing.assert_allclose(scores, rows, rtol=1e-5, atol=1e-6)


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 9000), st.integers(1, 130), st.integers(0, 2**32 - 1))
def test_equal_vectors_tie_at_the_ends_as_well(songs, factors, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(3, factors)).astype(np.float32)
    which = rng.integers(3, size=songs)
    with threadpool_limits(1):  # as in a server
        scores = replace(scorer(vectors[which]), many=True).scores(rng.normal(size=factors).astype(np.float32))
    for vector in range(3):
        assert len(np.unique(scores[which == vector])) <= 1
