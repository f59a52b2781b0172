"""The widening of a grid of strengths, by hand."""

import numpy as np
import pytest

from coldwave.models.strengths import STEPS, Strengths


def tried(strengths, error, limit=None):
    """All strengths that the grid asks for, and the grid."""
    grid = Strengths(strengths, limit)
    for strength in grid:
        grid.tell(strength, error(strength))
    return grid.strengths, grid


def bowl(*bottoms):
    """Errors that are smallest at each of some strengths."""
    return lambda strength: 1 + np.square(np.log10(strength) - np.log10(bottoms))


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        (1.0, [0.1, 1.0, 10.0]),  # inside: nothing is added
        (10.0, [0.1, 1.0, 10.0, 100.0]),  # at the end: one more shows that it is the best
        (1000.0, [0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0]),
        (0.01, [0.001, 0.01, 0.1, 1.0, 10.0]),
    ],
)
def test_it_goes_on_until_the_best_is_inside(best, expected, caplog):
    strengths, grid = tried([10.0, 0.1, 1.0], bowl(best))
    assert strengths == expected
    assert grid.best().tolist() == [best]
    grid.warn("it")
    assert not caplog.records


@pytest.mark.parametrize(("best", "end"), [(1e9, "strongest"), (1e-9, "weakest")])
def test_it_stops_after_some_steps_and_warns(best, end, caplog):
    strengths, grid = tried([0.1, 1.0, 10.0], bowl(best, 1.0))
    assert len(strengths) == 3 + STEPS
    assert grid.best().tolist() == [max(strengths) if best > 1 else min(strengths), 1.0]
    grid.warn("the regression")
    (record,) = caplog.records
    assert record.getMessage().startswith(f"the regression: the {end} strength, ")
    assert "still the best for 1 of 2 after widening the grid 4 times" in record.getMessage()


def test_both_ends_are_widened_for_different_targets():
    strengths, grid = tried([0.1, 1.0, 10.0], bowl(0.01, 100.0))
    assert strengths == [0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]
    assert grid.best().tolist() == [0.01, 100.0]
    assert grid.best_together() == 1.0
    assert grid.errors.shape == (7, 2)


def test_one_strength_is_taken_as_it_is(caplog):
    strengths, grid = tried([2.0], bowl(100.0))
    assert strengths == [2.0]
    grid.warn("it")
    assert grid.best().tolist() == [2.0]
    assert not caplog.records


def test_a_flat_end_is_not_widened():
    assert tried([0.1, 1.0, 10.0], lambda strength: 1 + 1e-5 / strength)[0] == [0.1, 1.0, 10.0]


def test_the_limit_may_be_the_best_and_ends_the_widening():
    """An error that falls towards that of an infinite strength: nothing beyond the grid is clearly better."""
    strengths, grid = tried([0.1, 1.0, 10.0], lambda strength: np.array([1 + 1 / strength]), np.array([1.0]))
    assert strengths == [0.1, 1.0, 10.0]
    assert np.isinf(grid.best()).all()
    # but a grid that ends before a best strength short of the limit goes on
    strengths, grid = tried([0.1, 1.0, 10.0], bowl(100.0), np.array([3.0]))
    assert strengths[-1] == 1000.0
    assert grid.best().tolist() == [100.0]
