"""Power laws: exact ones, against a fit by NumPy, and how often intervals cover. Ratios: against draws, and by hand."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.evaluation.growth import MEASURED, measured, power_law, ratio_of

SIZES = [420, 840, 1680, 3360]


@given(st.floats(0.01, 10), st.floats(-1, 1), st.lists(st.floats(0.001, 0.1), min_size=4, max_size=4))
def test_an_exact_law_is_found(factor, exponent, errors):
    gaps = factor * np.array(SIZES, float) ** -exponent
    law = power_law(SIZES, gaps, errors * gaps)
    assert (law.factor, law.exponent) == pytest.approx((factor, exponent), rel=1e-6, abs=1e-9)
    assert law.low < law.exponent < law.high
    np.testing.assert_allclose(law.at(np.array(SIZES)), gaps, rtol=1e-9)


@pytest.mark.parametrize(
    "errors, larger", [([0.03, 0.03, 0.02, 0.01], 0), ([1e-4, 2e-4, 1e-4, 3e-4], 1)], ids=["errors", "scatter"]
)
def test_it_is_the_weighted_fit_and_its_error_the_larger(errors, larger):
    gaps = np.array([0.1, 0.075, 0.06, 0.04])
    law = power_law(SIZES, gaps, errors)
    wanted = [
        np.polyfit(np.log(SIZES), np.log(gaps), 1, w=gaps / errors, cov=cov) for cov in ("unscaled", True)
    ]  # by the errors alone, and by the scatter
    assert -law.exponent == pytest.approx(wanted[0][0][0])
    assert law.factor == pytest.approx(np.exp(wanted[0][0][1]))
    assert law.error == pytest.approx(np.sqrt(wanted[larger][1][0, 0]))
    assert law.high - law.exponent == pytest.approx(4.30265 * law.error, rel=1e-5)  # Student's t, 2 degrees, tabled


@pytest.mark.parametrize("beyond", [0, 3], ids=["errors as stated", "worlds differ by more"])
def test_intervals_cover_the_exponent(beyond):
    rng, gaps, error = np.random.default_rng(1), 0.1 * (np.array(SIZES) / 420) ** -0.4, 0.03
    noise = 1 + error * np.hypot(1, beyond) * rng.normal(size=(1000, 4))
    laws = [power_law(SIZES, drawn, error * gaps) for drawn in gaps * noise]
    assert np.mean([law.low < 0.4 < law.high for law in laws]) > 0.94


@pytest.mark.parametrize("gaps", [[0.1, 0.05], [0.1, 0.0, 0.05], [0.1, 0.05, -0.01], [0.1, 0.05, 0.019]])
def test_there_is_no_law_for_few_sizes_or_a_gap_that_may_be_closed(gaps):
    assert power_law(SIZES[: len(gaps)], gaps, [0.01] * len(gaps)) is None


def test_a_gap_that_is_clearly_open_has_one():
    assert power_law(SIZES[:3], [0.1, 0.05, 0.021], [0.01] * 3)


def test_one_size_three_times_is_no_law():
    assert power_law([420, 420, 420], [0.1, 0.09, 0.11], [0.01] * 3) is None


def test_the_interval_of_a_ratio_is_that_of_draws():
    covariance = np.array([[0.0004, 0.0002], [0.0002, 0.0003]])
    drawn = np.random.default_rng(2).multivariate_normal([0.45, 0.3], covariance, 400_000)
    errors = np.sqrt([0.0004, 0.0003, 0.0003])  # of the first, the second and the difference
    ratio, low, high = ratio_of(0.45, 0.3, errors)
    assert ratio == pytest.approx(1.5)
    assert [low, high] == pytest.approx(np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975]), rel=0.01)


def test_a_ratio_to_a_copy_is_one_without_doubt():
    assert ratio_of(0.3, 0.3, [0.02, 0.02, 0.0]) == pytest.approx((1, 1, 1))


def tables():
    """Tables of a run with three models, as the workflow writes them, with the columns that are read."""
    names, auc, ap = ["linear", "network", "ear"], [0.7, 0.74, 0.8], [0.2, 0.3, 0.4]
    recommendation = pl.DataFrame(
        {"model": names, "map_500": ap, "heard_auc": [0.6, 0.8, 1.0], "heard_map": [0.3, 0.6, 1.0]}
    )
    intervals = pl.DataFrame(
        [
            {"measure": title, "model": name, "mean": mean, "error": 0.01, "low": mean - 0.02, "high": mean + 0.02}
            for title, means in {"AUC": auc, "mAP@500": ap}.items()
            for name, mean in zip(names, means, strict=True)
        ]
    )
    pairs = [("ear", "linear"), ("ear", "network"), ("network", "linear")]
    differences = pl.DataFrame(
        [
            {
                "measure": title, "first": first, "second": second, "error": 0.005,
                "difference": means[names.index(first)] - means[names.index(second)],
            }
            for title, means in {"AUC": auc, "mAP@500": ap}.items()
            for first, second in pairs
        ]
    )  # fmt: skip
    return recommendation, intervals, differences


def test_what_is_compared_is_read_from_the_tables_of_a_run():
    found = measured(*tables(), training_songs=420, songs=600, ear="ear", reference="linear")
    assert found.schema == MEASURED
    linear, network, ear = found.to_dicts()
    assert (network["songs"], network["training_songs"]) == (600, 420)
    assert (network["map"], network["map_low"], network["auc_high"]) == pytest.approx((0.3, 0.28, 0.76))
    assert (network["heard_auc"], network["heard_map"]) == (0.8, 0.6)
    assert [row["gap"] for row in (linear, network, ear)] == [pytest.approx(0.1), pytest.approx(0.06), None]
    assert [row["ratio"] for row in (linear, network, ear)] == [None, pytest.approx(1.5), pytest.approx(2.0)]
    assert network["ratio_low"] < 1.5 < network["ratio_high"]


def test_a_model_ahead_of_the_perfect_ear_has_a_gap_below_zero():
    recommendation, intervals, differences = tables()
    swapped = differences.with_columns(first=pl.col("second"), second=pl.col("first"))
    found = measured(recommendation, intervals, swapped, 420, 600, "ear", "linear")
    assert found["gap"].to_list()[:2] == pytest.approx([-0.1, -0.06])
