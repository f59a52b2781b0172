"""The highest of many numbers, beside a sort of all of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.analysis.neighbours import BLOCK, highest, near_highest


@settings(deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30), st.data())
def test_as_a_stable_sort_of_all(values, data):
    number = data.draw(st.integers(1, len(values)))
    found = highest(np.array(values, dtype=np.float32), number)
    assert found.tolist() == sorted(range(len(values)), key=lambda place: -values[place])[:number]


@settings(deadline=None)
@given(st.integers(1, 20 * BLOCK), st.integers(1, 5), st.sampled_from([2, 50, 10**6]), st.integers(0, 2**32 - 1))
def test_of_many_values_as_well(values, number, different, seed):
    drawn = np.random.default_rng(seed).integers(different, size=values).astype(np.float32)
    drawn[::7] = -np.inf
    number = min(number, values)
    assert highest(drawn, number).tolist() == np.argsort(-drawn, kind="stable")[:number].tolist()


@pytest.mark.parametrize("within", [0.0, 0.01])
def test_those_near_the_highest_are_few_and_none_is_missing(within):
    drawn = np.random.default_rng(0).normal(size=100 * BLOCK + 3)
    for number in (1, 10, 90):
        near = near_highest(drawn, number, within)
        assert {*np.flatnonzero(drawn >= np.sort(drawn)[-number] - within)} <= {*near}
        assert len(near) < 10 * number + 20
    assert near_highest(drawn, 101).tolist() == list(range(len(drawn)))
