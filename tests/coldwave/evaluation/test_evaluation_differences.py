"""Comparisons of models: against SciPy, permutations, and by hand."""

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from coldwave.errors import InputError
from coldwave.evaluation.differences import (
    DIFFERENCES,
    INTERVALS,
    bootstrap_means,
    columns,
    compare,
    holm,
    letter_groups,
    notes,
    paired_test,
    statement,
)
from coldwave.evaluation.recommendation import Trained
from coldwave.evaluation.table_of_measures import AUC, MAP
from coldwave.files import check_table

KINDS = {"good": "cnn", "twin": "cnn", "fair": "linear", "same": "mean"}


def trained(users=400):
    """Two models alike but for chance, one worse, one with the same value for everyone; two seeds of the first."""
    rng = np.random.default_rng(0)
    base = rng.normal(0.7, 0.1, users)
    values = {
        ("good", 1): base + rng.normal(0.01, 0.02, users),
        ("good", 2): base - rng.normal(0.01, 0.02, users),
        ("twin", 1): base + rng.normal(0, 0.03, users),
        ("fair", 1): base - rng.normal(0.05, 0.05, users),
        ("same", 1): np.full(users, 0.5),
    }
    return [
        Trained(model, seed, pl.DataFrame({"user": range(users), "auc": [None, *auc[1:]], "ap": auc}))
        for (model, seed), auc in values.items()
    ]


@pytest.fixture(scope="module")
def comparison():
    return compare(trained(), KINDS, {"AUC": AUC, "mAP": MAP}, samples=500, seed=1)


def test_columns_pairs_and_order(comparison):
    check_table(comparison.differences, DIFFERENCES, "differences")
    check_table(comparison.intervals, INTERVALS, "intervals")
    for measure in ("AUC", "mAP"):
        rows = comparison.intervals.filter(measure=measure)
        assert rows["mean"].is_sorted(descending=True)
        pairs = comparison.differences.filter(measure=measure).select("first", "second").rows()
        assert pairs == list(itertools.combinations(rows["model"], 2))


def test_a_pair_equals_scipys_paired_test_of_users_means_over_seeds(comparison):
    scores = {(one.model, one.seed): one.scores["auc"].to_numpy()[1:] for one in trained()}  # one user has no AUC
    good = (scores["good", 1] + scores["good", 2]) / 2
    row = comparison.differences.filter(measure="AUC", first="good", second="fair").row(0, named=True)
    test = stats.ttest_rel(good, scores["fair", 1])
    assert (row["t"], row["p"]) == pytest.approx((test.statistic, test.pvalue))
    difference = good - scores["fair", 1]
    assert row["users"] == 399
    assert row["difference"] == pytest.approx(difference.mean())
    assert row["effect"] == pytest.approx(difference.mean() / difference.std(ddof=1))
    assert row["better"] == (difference > 0).mean()
    rows = comparison.intervals.filter(measure="AUC", model="good")
    assert rows["seed_sd"].item() == pytest.approx(np.std([scores["good", 1].mean(), scores["good", 2].mean()], ddof=1))


def test_intervals_are_near_those_of_the_normal_distribution(comparison):
    for row in comparison.differences.iter_rows(named=True):
        if row["t"] is None:
            continue
        half = stats.norm.ppf(0.975) * abs(row["difference"] / row["t"])
        assert row["low"] == pytest.approx(row["difference"] - half, abs=half / 3)
        assert row["high"] == pytest.approx(row["difference"] + half, abs=half / 3)
    constant = comparison.intervals.filter(model="same")
    assert constant["low"].to_list() == pytest.approx([0.5, 0.5])


def test_the_bootstrap_is_that_of_scipy_and_pairs_its_columns():
    values = np.random.default_rng(0).exponential(size=(200, 2))
    values[:, 1] = values[:, 0] + 1
    means = bootstrap_means(values, 4000, np.random.default_rng(1))
    assert means[:, 1] - means[:, 0] == pytest.approx(np.ones(4000))
    wanted = stats.bootstrap((values[:, 0],), np.mean, n_resamples=4000, method="percentile", rng=2).confidence_interval
    assert np.quantile(means[:, 0], [0.025, 0.975]) == pytest.approx([wanted.low, wanted.high], abs=0.02)
    again = bootstrap_means(values, 4000, np.random.default_rng(1))
    assert means.tobytes() == again.tobytes()


def test_holm_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.6, 0.7])).tolist() == [1, 1]
    assert holm(np.array([])).tolist() == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.2))
def test_holm_rejects_what_its_steps_reject(p, level):
    rejected = set()
    for step, place in enumerate(sorted(range(len(p)), key=lambda place: p[place])):
        if p[place] * (len(p) - step) >= level:
            break
        rejected.add(place)
    assert set(np.flatnonzero(holm(np.array(p)) < level).tolist()) == rejected


def test_differences_that_are_all_the_same():
    assert paired_test(np.zeros(5)) == (None, 1.0, None)
    assert paired_test(np.full(5, 0.1)) == (None, 0.0, None)
    assert paired_test(np.array([0.1])) == (None, 1.0, None)


@given(st.integers(1, 6), st.data())
def test_models_share_a_letter_just_where_they_do_not_differ(models, data):
    pairs = list(itertools.combinations(range(models), 2))
    different = data.draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    letters = letter_groups(models, sorted(different))
    assert all(letters)
    for one, other in pairs:
        assert bool(set(letters[one]) & set(letters[other])) == ((one, other) not in different)


def test_letters_by_hand():
    assert letter_groups(3, [(0, 2)]) == ["a", "ab", "b"]
    assert letter_groups(3, []) == ["a", "a", "a"]
    assert letter_groups(28, list(itertools.combinations(range(28), 2)))[26:] == ["a2", "b2"]


def test_the_statement_says_what_holds(comparison):
    order = comparison.intervals.filter(measure="AUC")["model"].to_list()
    assert set(order[:2]) == {"good", "twin"}
    text = statement(comparison, "AUC")
    assert text == f"By AUC: {order[0]} ≈ {order[1]} > fair > same. 5 of 6 pairs differ."
    differing = comparison.differences.with_columns(differs=True)
    assert statement(comparison._replace(differences=differing), "AUC").endswith("All 6 pairs differ.")
    none = comparison._replace(differences=comparison.differences.with_columns(differs=False))
    assert f"between {order[0]} and fair" in statement(none, "AUC")


def test_the_table_for_people(comparison):
    cells = columns(comparison)
    assert {len(values) for values in cells.values()} == {8}
    assert cells["lead"][3] == cells["p"][7] == "–"  # the last of each measure leads nobody
    assert any("trainings" in note for note in notes(comparison, 500))
    assert not any("repeats: 1" in note for note in notes(comparison, 500))  # one model has two seeds


def test_the_same_seed_gives_the_same_numbers_and_the_order_of_files_does_not_matter(comparison):
    one_seed = [one for one in trained() if one.seed == 1]
    again = [compare(files, KINDS, {"AUC": AUC}, samples=200, seed=1) for files in (one_seed, one_seed[::-1])]
    assert again[0].differences.equals(again[1].differences)
    assert again[0].intervals.equals(again[1].intervals)


def test_one_model_alone_and_a_measure_that_no_user_has():
    alone = compare(trained()[-1:], {"same": "mean"}, {"AUC": AUC}, samples=100, seed=1)
    assert alone.differences.is_empty()
    assert alone.intervals["letters"].to_list() == ["a"]
    assert "nothing to compare" in statement(alone, "AUC")
    nobody = [Trained("same", 1, pl.DataFrame({"user": [0], "auc": [None]}, schema_overrides={"auc": pl.Float64}))]
    assert compare(nobody, {"same": "mean"}, {"AUC": AUC}, samples=100, seed=1).intervals.is_empty()


def test_scores_that_do_not_fit_together():
    with pytest.raises(InputError, match="models in the config without scores: other"):
        compare(trained(), KINDS | {"other": "cnn"}, {"AUC": AUC}, 100, 1)
    with pytest.raises(InputError, match="same, seed 1: the users are not those"):
        compare([*trained()[:-1], trained(399)[-1]], KINDS, {"AUC": AUC}, 100, 1)


def test_where_less_is_better_the_lowest_mean_comes_first(comparison):
    turned = compare(trained(), KINDS, {"AUC": AUC._replace(higher=False)}, samples=500, seed=1)
    ordered = comparison.intervals.filter(measure="AUC")["model"].to_list()
    assert turned.intervals["model"].to_list() == ordered[::-1]
    pairs = comparison.differences.filter(measure="AUC").rows_by_key(["first", "second"], named=True, unique=True)
    for row in turned.differences.iter_rows(named=True):
        before = pairs[row["second"], row["first"]]
        assert row["difference"] == pytest.approx(-before["difference"])
        assert row["better"] == pytest.approx(before["better"])
        assert row["differs"] == before["differs"]
