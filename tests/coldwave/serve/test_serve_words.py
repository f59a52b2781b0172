"""What is found by words is what plain Python finds, and in its order."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from coldwave.matching.names import folded
from coldwave.serve.words import WordIndex

NAMES = st.lists(st.sampled_from([None, "", "Abba", "ab", "Ábc d", "!!!", "d ab", "ABBA abba", "Æther", "a-b c"]),
                 min_size=1, max_size=15)  # fmt: skip


@given(st.data())
def test_all_words_in_any_order_and_whole_ones_first(data):
    titles = data.draw(NAMES)
    same = {"min_size": len(titles), "max_size": len(titles)}
    artists = data.draw(st.lists(st.sampled_from([None, "d", "Abba", "c"]), **same))
    weights = data.draw(st.lists(st.integers(0, 3), **same))
    text = data.draw(
        st.sampled_from(["", " ", "ab", "a", "ab d", "d AB", "abba", "abba ab", "!!!", "æ", "z", "aether d"])
    )
    limit = data.draw(st.integers(1, 20))
    index = WordIndex([pl.Series(titles, dtype=pl.String), pl.Series(artists, dtype=pl.String)], np.array(weights))
    found = index.find(text, limit)

    def words(*names):
        known = pl.Series([name for name in names if name], dtype=pl.String)
        return " ".join(folded(known).drop_nulls()).split()

    wanted, order = words(text), []
    for number, names in enumerate(zip(titles, artists, strict=True)):
        own = words(*names)
        if all(any(word.startswith(one) for word in own) for one in wanted):
            order.append((not set(wanted) <= set(own), -weights[number], number))
    expected = [number for *_, number in sorted(order)]
    assert (found.found.tolist(), found.total) == (expected[:limit], len(expected))


def test_an_index_of_nothing():
    index = WordIndex([pl.Series([], dtype=pl.String)], np.zeros(0))
    assert index.find("a", 5).total == index.find("", 5).total == 0
