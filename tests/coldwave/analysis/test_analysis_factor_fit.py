"""How well factors are predicted, against scikit-learn and closed forms; confidences; filters."""

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.metrics.pairwise import paired_cosine_distances

from coldwave.analysis.confidences import caption, distinct_confidences, weighted_quantile
from coldwave.analysis.factor_fit import BY_FACTOR, FIT, calibration, fit_columns, fit_tables
from coldwave.analysis.filters import FIRST_LAYER, first_filters, largest
from coldwave.errors import InputError
from coldwave.wmf.confidence import confidence


def test_the_table_is_scikit_learns_on_test_songs_with_a_prediction():
    rng = np.random.default_rng(0)
    true = rng.standard_normal((40, 3))
    predicted = 0.5 * true + 0.3 * rng.standard_normal((40, 3))
    predicted[39] = np.nan
    test = np.arange(40) >= 20
    models, factors = fit_tables(true, {"m": predicted, "none": np.full((40, 3), np.nan)}, test)
    assert dict(models.schema) == FIT and dict(factors.schema) == BY_FACTOR
    row, none = models.row(0, named=True), models.row(1, named=True)
    t, p = true[20:39], predicted[20:39]
    each = r2_score(t, p, multioutput="raw_values")
    assert (row["songs"], row["missing"]) == (19, 1)
    assert row["r2"] == pytest.approx(r2_score(t, p, multioutput="variance_weighted"))
    assert factors["r2"].to_list() == pytest.approx(each)
    assert (row["r2_lowest"], row["r2_median"]) == pytest.approx((each.min(), np.median(each)))
    assert row["cosine"] == pytest.approx(1 - paired_cosine_distances(t, p).mean())
    for factor in range(3):
        slope = LinearRegression().fit(p[:, [factor]], t[:, factor]).coef_[0]
        assert factors["slope"][factor] == pytest.approx(slope)
    pooled = LinearRegression().fit((p - p.mean(0)).reshape(-1, 1), (t - t.mean(0)).ravel()).coef_[0]
    assert row["slope"] == pytest.approx(pooled)
    assert (none["songs"], none["missing"], none["r2"], none["cosine"]) == (0, 20, None, None)
    assert fit_columns(models)["R²"][1] == "–"


def test_factors_without_spread_and_zero_vectors_are_not_measured():
    true = np.array([[1.0, 0], [1, 1], [1, 2]])
    models, factors = fit_tables(true, {"m": np.zeros((3, 2))}, np.ones(3, dtype=bool))
    assert factors["r2"].to_list() == [None, pytest.approx(-1.5)]
    assert factors["slope"].to_list() == [None, None]
    assert models["cosine"].to_list() == [None]


def test_calibrated_predictions_lie_on_the_line_whatever_the_factors_scale():
    rng = np.random.default_rng(1)
    predicted = rng.standard_normal((4000, 2)) * [1, 50] + [3, -7]
    true = predicted + rng.standard_normal((4000, 2)) * [1, 50]
    half = np.arange(4000) < 2000
    x, y = calibration(true, predicted, half, ~half)
    assert len(x) == 10 and (np.diff(x) > 0).all()
    assert y == pytest.approx(x, abs=0.12)
    flat, _ = calibration(true, np.full((4000, 2), np.nan), half, ~half)
    assert len(flat) == 0


def test_confidences_by_their_number():
    counts = pl.Series("count", [1, 1, 1, 3, 3, 7], dtype=pl.UInt32)
    values, pairs = distinct_confidences(counts, 2.0, 0.5)
    assert values == pytest.approx(confidence(np.array([1, 3, 7]), 2.0, 0.5))
    assert pairs.tolist() == [3, 2, 1]
    everything = np.sort(np.repeat(values, pairs))
    for share in (0.1, 0.5, 0.51, 0.99, 1.0):
        assert weighted_quantile(values, pairs, share) == np.quantile(everything, share, method="inverted_cdf")
    assert "6 pairs" in caption(values, pairs, 2.0, 0.5)


def test_the_largest_filters_from_low_to_high():
    weights = np.zeros((4, 6, 2, 1), dtype=np.float32)
    weights[0, 5], weights[1, 1], weights[2, 3], weights[3, 0] = 3, 2, -4, 0.1
    filters = first_filters({FIRST_LAYER: weights})
    assert filters.shape == (4, 6, 2)
    assert [int(np.abs(one).sum(axis=1).argmax()) for one in largest(filters, 3)] == [1, 3, 5]
    with pytest.raises(InputError, match="no networks.0.convolutions.0"):
        first_filters({"other": weights})
