"""The highest of many numbers, beside a sort of all of them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.analysis.neighbours import highest


@settings(deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30), st.data())
def test_as_a_stable_sort_of_all(values, data):
    number = data.draw(st.integers(1, len(values)))
    found = highest(np.array(values, dtype=np.float32), number)
    assert found.tolist() == sorted(range(len(values)), key=lambda place: -values[place])[:number]
