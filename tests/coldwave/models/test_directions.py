"""Directions of factors: round trip, and that errors in them are those of users' scores."""

import numpy as np
import pytest

from coldwave.models.directions import find_directions
from coldwave.wmf.gram import score_metric

RNG = np.random.default_rng(0)
USERS, FACTORS = RNG.standard_normal((50, 4)) * [1, 3, 0.1, 1], RNG.standard_normal((30, 4)) + [1, 2, 3, 4]


def test_factors_come_back():
    directions = find_directions(FACTORS, score_metric(USERS))
    other = RNG.standard_normal((7, 4))
    assert directions.factors(directions.coordinates(other)) == pytest.approx(other, abs=1e-5)


def test_a_squared_error_is_that_of_scores_and_directions_are_uncorrelated():
    directions = find_directions(FACTORS, score_metric(USERS))
    one, other = RNG.standard_normal((2, 30, 4))
    expected = np.square((one - other) @ USERS.T).mean(axis=1)
    difference = directions.coordinates(one) - directions.coordinates(other)
    assert np.square(difference).sum(axis=1) == pytest.approx(expected)
    covariance = np.cov(directions.coordinates(FACTORS).T, bias=True)
    assert covariance == pytest.approx(np.diag(np.diag(covariance)), abs=1e-10)
    assert (np.diff(np.diag(covariance)) <= 0).all()
    assert np.trace(covariance) == pytest.approx(np.var(FACTORS @ USERS.T, axis=0).mean())


def test_a_factor_that_no_user_has_is_no_hindrance():
    users = USERS * [1, 0, 1, 1]
    directions = find_directions(FACTORS, score_metric(users))
    assert np.isfinite(directions.back).all()
    assert directions.factors(directions.coordinates(FACTORS)) @ users.T == pytest.approx(FACTORS @ users.T, abs=1e-4)
