"""The direction of popularity, and the share of errors along it, of cases made by hand."""

import numpy as np
import polars as pl
import pytest

from coldwave.analysis.popularity_error import POPULARITY_ERROR, popularity_columns, popularity_errors, popularity_notes
from coldwave.wmf.popularity import popularity_direction


def test_the_direction_of_popularity_of_users_made_by_hand():
    users = np.zeros((6, 3))
    users[:, 1] = 4  # the same for all
    users[:2, 0], users[2:4, 2] = (1, -1), (3, -3)
    direction, weight = popularity_direction(users.T @ users)
    assert np.abs(direction) == pytest.approx([0, 1, 0])
    assert weight == pytest.approx((2 + 18) / 2)  # of the squares of the other two columns
    assert popularity_direction(np.array([[5.0]]))[1] == 5  # there is no other direction


def test_errors_made_by_hand():
    """All users have -2 in the second factor, so that a popular song has a low value there."""
    users = np.array([[1.0, -2], [-1, -2], [1, -2], [-1, -2]])  # X^T X has 4 and 16 on its diagonal
    plays = np.array([9, 99, 999, 9, 5])
    true = np.stack([np.array([1.0, -1, 0, 2, 7]), -np.log1p(plays)], axis=1)
    test = np.array([True, True, True, True, False])
    off = np.array([[1, 0.0], [1, 0], [1, 0], [1, 2], [50, 50]])  # the last is no test song
    flat = np.where(np.arange(2) == 1, -3.0, true)  # the same popularity for all
    models = {"off": true + off, "flat": flat, "exact": true, "none": np.full((5, 2), np.nan)}
    found, told = popularity_errors(true, models, users, plays, test)
    assert dict(found.schema) == POPULARITY_ERROR
    assert told == pytest.approx(1)
    rows = {row["model"]: row for row in found.iter_rows(named=True)}
    assert rows["off"]["share_of_factors"] == pytest.approx(4 / 8)
    assert rows["off"]["share_of_scores"] == pytest.approx(16 * 4 / (16 * 4 + 4 * 4))
    assert rows["off"]["bias"] == pytest.approx(-0.5 / np.log1p(plays[:4]).std())  # one song too unpopular by 2
    assert rows["flat"]["share_of_factors"] == rows["flat"]["share_of_scores"] == pytest.approx(1)
    assert rows["flat"]["correlation"] == pytest.approx(-1)
    assert rows["exact"] == dict.fromkeys(POPULARITY_ERROR) | {"model": "exact", "songs": 4}
    assert rows["none"]["songs"] == 0
    shown = popularity_columns(found)
    assert shown["share, factors"] == ["50.00%", "100.00%", "–", "–"]
    assert "correlation of 1.00 with" in popularity_notes(told)[0]


def test_shares_are_those_of_the_errors_of_all_scores():
    rng = np.random.default_rng(0)
    users, true = rng.standard_normal((50, 3)) + [3, 0, 0], rng.standard_normal((20, 3))
    predicted = true + rng.standard_normal((20, 3))
    found, _ = popularity_errors(true, {"m": predicted}, users, rng.integers(1, 99, 20), np.ones(20, dtype=bool))
    direction = np.linalg.svd(users)[2][0]
    errors = predicted - true
    along = np.outer(errors @ direction, direction)
    assert found["share_of_scores"][0] == pytest.approx(
        np.sum((along @ users.T) ** 2) / np.sum((errors @ users.T) ** 2)
    )
    assert isinstance(found, pl.DataFrame)
