"""The most violated rankings against the enumeration of all rankings."""

from itertools import permutations

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.models.mlr.rankings import most_violated

QUARTERS = st.integers(-8, 8).map(lambda number: number / 4)  # many ties, and differences of exactly 1/2
SCORES = st.one_of(st.lists(QUARTERS, min_size=1, max_size=3), st.lists(st.floats(-2, 2), min_size=1, max_size=3))


def average_precision(is_relevant):
    hits = np.flatnonzero(is_relevant)
    return np.mean([np.mean(is_relevant[: hit + 1]) for hit in hits])


def auc(is_relevant):
    before = [[i < j for j in np.flatnonzero(~is_relevant)] for i in np.flatnonzero(is_relevant)]
    return np.mean(before)


def all_rankings(relevant, irrelevant, loss):
    """(above, below, loss, loss + the ranking's feature · W) of every order of the candidates."""
    scores, number = np.concatenate((relevant, irrelevant)), len(relevant)
    measure = {"auc": auc, "map": average_precision}[loss]
    for order in permutations(range(len(scores))):
        place = np.argsort(order)
        y = np.where(place[:number, None] < place[None, number:], 1, -1)
        differences = scores[:number, None] - scores[None, number:]
        value = 1 - measure(np.array(order) < number)
        yield tuple((y < 0).sum(axis=1)), tuple((y < 0).sum(axis=0)), value, value + np.mean(y * differences)


@pytest.mark.parametrize("loss", ["auc", "map"])
@hypothesis.settings(deadline=None, max_examples=40)
@given(SCORES, SCORES)
def test_no_ranking_violates_more(loss, relevant, irrelevant):
    found = most_violated(np.array(relevant), np.array(irrelevant), loss)
    everything = list(all_rankings(relevant, irrelevant, loss))
    same = [row for row in everything if row[:2] == (tuple(found.above), tuple(found.below))]
    assert same, "it is the counts of a ranking"
    # several orders may have the same counts, and the loss of those that keep to the scores is the largest
    assert found.loss == pytest.approx(max(row[2] for row in same), abs=1e-12)
    assert max(row[3] for row in same) == pytest.approx(max(row[3] for row in everything), abs=1e-9)


@pytest.mark.parametrize("loss", ["auc", "map"])
def test_a_margin_wide_enough_leaves_nothing_violated(loss):
    found = most_violated(np.array([9.0, 7.0]), np.array([1.0, 3.0, 2.0]), loss)
    assert found.above.tolist() == [0, 0]
    assert found.below.tolist() == [0, 0, 0]
    assert found.loss == 0


def test_a_pair_is_the_wrong_way_round_within_half_a_margin():
    found = most_violated(np.array([1.0, 0.4]), np.array([0.0, 0.6]), "auc")
    assert found.above.tolist() == [1, 2]  # 0.6 is within 1/2 of both, 0.0 of the second alone
    assert found.below.tolist() == [1, 2]
    assert found.loss == 3 / 4
