"""A path between two songs: the best of all, by trying all."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from coldwave.errors import InputError
from coldwave.use import journeys
from coldwave.use.journeys import inverse_lengths, path, points_between


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def slerp(start, end, share):
    """Shoemake's formula."""
    angle = math.acos(start @ end)
    return (math.sin((1 - share) * angle) * start + math.sin(share * angle) * end) / math.sin(angle)


def cost_of(way, vectors):
    """The sum of 1 - cosine between a path's songs and the points that they belong to."""
    units = unit(vectors)
    last = len(way) - 1
    points = [slerp(units[way[0]], units[way[-1]], i / last) for i in range(1, last)]
    return sum(1 - point @ units[row] for point, row in zip(points, way[1:-1], strict=True))


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 6), st.integers(0, 2), st.integers(2, 5))
def test_the_best_of_all_paths(seed, length, more, d):
    vectors = np.random.default_rng(seed).normal(size=(length + more, d))
    found = path(0, 1, vectors, length).tolist()
    assert (found[0], found[-1], len(found)) == (0, 1, length) and len(set(found)) == length
    others = itertools.permutations(range(2, length + more), length - 2)
    assert cost_of(found, vectors) == pytest.approx(min(cost_of([0, *way, 1], vectors) for way in others), abs=1e-9)


@pytest.mark.parametrize("some", [journeys.SOME, 100, 30, 3])
@pytest.mark.parametrize("given", [False, True])
def test_leaving_far_songs_out_costs_nothing(monkeypatch, some, given):
    monkeypatch.setattr(journeys, "SOME", some)
    vectors = np.random.default_rng(3).normal(size=(2000, 6))
    found = path(7, 5, vectors, 25, inverse=inverse_lengths(vectors) if given else None)
    units = unit(vectors)
    rows = np.setdiff1d(np.arange(2000), [7, 5])
    points = np.array([slerp(units[7], units[5], i / 24) for i in range(1, 24)])
    cost = 1 - points @ units[rows].T
    steps, columns = linear_sum_assignment(cost)
    assert cost_of(found, vectors) == pytest.approx(cost[steps, columns].sum(), abs=1e-9)


def test_it_goes_along_an_arc_of_songs():
    angles = np.radians([0, 90, 80, 10, 70, 20, 60, 30, 50, 40, 180, 270, 45])
    vectors = 5 * np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    assert np.degrees(angles[path(0, 1, vectors, 10)]).round().tolist() == list(range(0, 91, 10))
    assert np.degrees(angles[path(1, 0, vectors, 3)]).round().tolist() == [90, 45, 0]
    assert path(1, 0, vectors, 2).tolist() == [1, 0]


def test_a_smoother_catalogue_makes_a_smoother_path():
    vectors = np.random.default_rng(4).normal(size=(20_000, 3))
    way = unit(vectors)[path(0, 1, vectors, 12)]
    steps = np.arccos(np.clip((way[1:] * way[:-1]).sum(axis=1), -1, 1))
    whole = math.acos(way[0] @ way[-1])
    assert steps.max() < 1.5 * whole / 11 and steps.sum() < 1.1 * whole


def test_points_are_even_and_on_the_circle():
    start, end = unit(np.random.default_rng(5).normal(size=(2, 4)))
    points = points_between(start, end, 7)
    assert points == pytest.approx(np.array([slerp(start, end, i / 6) for i in range(7)]))
    assert points_between(start, start, 3) == pytest.approx(np.array([start] * 3))
    over = points_between(start, -start, 5)
    assert np.linalg.norm(over, axis=1) == pytest.approx(1) and over[[0, -1]] == pytest.approx(
        np.array([start, -start])
    )
    assert (over[1:] * over[:-1]).sum(axis=1) == pytest.approx(math.cos(math.pi / 4))


def test_songs_left_out_are_no_steps():
    vectors = np.random.default_rng(6).normal(size=(12, 3))
    vectors[3] = np.nan
    vectors[4] = 0
    among = np.arange(12) > 5
    assert set(path(0, 1, vectors, 7)) <= {0, 1, 2, *range(5, 12)}
    assert set(path(0, 1, vectors, 8, among=among)) == {0, 1, *range(6, 12)}
    assert among.sum() == 6, "the argument stays as it was"
    for wrong, message in (
        (lambda: path(0, 1, vectors, 9, among=among), "7 songs between its ends, and there are 6"),
        (lambda: path(0, 1, vectors, 1), "at least 2 songs"),
        (lambda: path(2, 2, vectors, 5), "name two songs"),
        (lambda: path(0, 3, vectors, 5), "has no vector"),
        (lambda: path(4, 0, vectors, 5), "has no vector"),
        (lambda: path(0, 1, np.array([[1.0], [-2.0], [3.0]]), 3), "opposites in it"),
    ):
        with pytest.raises(InputError, match=message):
            wrong()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 0])
def test_a_song_without_a_direction_is_never_a_step(kind, bad):
    vectors = np.random.default_rng(8).normal(size=(6, 3)).astype(kind)
    vectors[2] = 0
    vectors[2, 0] = bad
    assert set(path(0, 1, vectors, 5)) == {0, 1, 3, 4, 5}
    with pytest.raises(InputError, match="4 songs between its ends, and there are 3"):
        path(0, 1, vectors, 6)


def test_features_of_one_dimension_have_paths_on_one_side():
    assert path(0, 2, np.array([[1.0], [-2.0], [3.0], [0.5]]), 3).tolist() == [0, 3, 2]
