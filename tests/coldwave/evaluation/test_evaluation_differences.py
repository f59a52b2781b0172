"""Comparisons of models: against SciPy, simulated worlds, and by hand."""

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from benchmarks.coverage_of_intervals import covered
from coldwave.errors import InputError
from coldwave.evaluation.difference_text import columns, notes, statement
from coldwave.evaluation.differences import DIFFERENCES, INTERVALS, compare, holm, letter_groups, t_test
from coldwave.evaluation.recommendation import Trained
from coldwave.evaluation.table_of_measures import AUC, MAP
from coldwave.files import check_table

KINDS = {"good": "cnn", "twin": "cnn", "fair": "linear", "same": "mean"}


def trained(users=400):
    """Two models alike but for chance, one worse, one with the same value for everyone; two seeds of the first."""
    rng = np.random.default_rng(0)
    base = rng.normal(0.7, 0.1, users)
    values = {
        ("good", 1): base + rng.normal(0.001, 0.02, users),
        ("good", 2): base - rng.normal(0.001, 0.02, users),
        ("twin", 1): base + rng.normal(0, 0.03, users),
        ("fair", 1): base - rng.normal(0.05, 0.05, users),
        ("same", 1): np.full(users, 0.5),
    }
    return [
        Trained(model, seed, pl.DataFrame({"user": range(users), "auc": [None, *auc[1:]], "ap": auc}))
        for (model, seed), auc in values.items()
    ]


def without(trained, spread=1e-5, groups=40, pairs=0.0):
    """What is left without groups of songs: songs matter little, or models by ``spread`` each."""
    rng, left = np.random.default_rng(1), {}
    for one in sorted(trained, key=lambda one: (one.model, one.seed)):
        deviations = rng.normal(size=(groups, 2, 2)) * np.array([spread, pairs])[:, None]
        left[one.model, one.seed] = np.array([0.7, 0.0])[:, None] + deviations * (one.model != "same")
    return left


def compared(trained, kinds, measures, **settings):
    return compare(trained, without(trained, **settings), kinds, measures)


@pytest.fixture(scope="module")
def comparison():
    return compared(trained(), KINDS, {"AUC": AUC, "mAP": MAP})


def test_columns_pairs_and_order(comparison):
    check_table(comparison.differences, DIFFERENCES, "differences")
    check_table(comparison.intervals, INTERVALS, "intervals")
    for measure in ("AUC", "mAP"):
        rows = comparison.intervals.filter(measure=measure)
        assert rows["mean"].is_sorted(descending=True)
        pairs = comparison.differences.filter(measure=measure).select("first", "second").rows()
        assert pairs == list(itertools.combinations(rows["model"], 2))


def test_without_songs_that_matter_a_pair_is_scipys_paired_test_of_users(comparison):
    users = {(one.model, one.seed): one.scores["auc"].to_numpy()[1:] for one in trained()}  # one user has no AUC
    row = comparison.differences.filter(measure="AUC", first="twin", second="fair").row(0, named=True)
    difference = users["twin", 1] - users["fair", 1]
    assert row["users"] == 399
    assert row["difference"] == pytest.approx(difference.mean())
    assert row["t"] == pytest.approx(stats.ttest_rel(users["twin", 1], users["fair", 1]).statistic, rel=1e-3)
    assert row["effect"] == pytest.approx(difference.mean() / difference.std(ddof=1))
    assert row["better"] == (difference > 0).mean()
    half = stats.t.ppf(0.975, 39) * row["error"]  # of 40 groups of songs
    assert (row["low"], row["high"]) == pytest.approx((row["difference"] - half, row["difference"] + half))


def test_songs_and_users_add_up_less_the_part_that_both_hold():
    files = [one for one in trained() if one.model in ("twin", "fair")]
    left = without(files, spread=1e-3, pairs=2e-4)
    row = compare(files, left, {"twin": "cnn", "fair": "linear"}, {"AUC": AUC}).differences.row(0, named=True)
    users = files[0].scores["auc"].to_numpy()[1:] - files[1].scores["auc"].to_numpy()[1:]
    (songs, pairs) = (39 / 40 * np.sum((d - d.mean()) ** 2) for d in (left["twin", 1] - left["fair", 1])[..., 0].T)
    assert row["error"] ** 2 == pytest.approx(songs + users.var(ddof=1) / 399 - pairs)
    assert compared(files, {"twin": "cnn", "fair": "linear"}, {"AUC": AUC}, pairs=1.0).differences[
        "error"
    ].item() == pytest.approx(np.sqrt(users.var(ddof=1) / 399), rel=1e-3)  # never less than that of users alone


def test_trainings_are_drawn_where_there_are_several(comparison):
    rows = comparison.intervals.filter(measure="AUC").rows_by_key("model", named=True, unique=True)
    assert rows["good"]["sampled"] == "users, songs, trainings"
    assert rows["twin"]["sampled"] == "users, songs"
    seeds = [one.scores["auc"].to_numpy()[1:] for one in trained() if one.model == "good"]
    assert rows["good"]["seed_sd"] == pytest.approx(np.std([seed.mean() for seed in seeds], ddof=1))
    of_users = np.mean(seeds, axis=0).var(ddof=1) / 399
    assert rows["good"]["error"] ** 2 == pytest.approx(of_users + rows["good"]["seed_sd"] ** 2 / 2, rel=1e-3)
    sizes = np.array([of_users, rows["good"]["seed_sd"] ** 2 / 2])
    freedom = sizes.sum() ** 2 / (sizes**2 / [39, 1]).sum()  # after Welch and Satterthwaite
    half = (rows["good"]["high"] - rows["good"]["low"]) / 2
    assert half == pytest.approx(stats.t.ppf(0.975, freedom) * rows["good"]["error"], rel=1e-3)
    same = comparison.intervals.filter(model="same")
    assert [*same["low"], *same["high"]] == pytest.approx([0.5] * 4)


def test_nothing_differs_where_a_single_song_tells_nothing():
    found = compared(trained(), KINDS, {"AUC": AUC}, groups=1)
    assert not found.differences["differs"].any()
    assert (found.intervals["low"].null_count(), found.differences["error"].null_count()) == (4, 6)
    assert columns(found)["interval"] == ["–"] * 4


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


def test_differences_without_an_error_or_with_an_unknown_one():
    assert t_test(0.0, 0.0, 9) == (None, 1.0)
    assert t_test(0.1, 0.0, 9) == (None, 0.0)
    assert t_test(0.1, np.nan, 9) == (None, 1.0)
    assert t_test(0.1, 0.05, 9) == pytest.approx((2.0, 2 * stats.t.sf(2, 9)))


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
    assert any("trainings are drawn" in note for note in notes(comparison))
    assert not any("repeats: 1" in note for note in notes(comparison))  # one model has two seeds


def test_the_same_seed_gives_the_same_numbers_and_the_order_of_files_does_not_matter(comparison):
    one_seed = [one for one in trained() if one.seed == 1]
    again = [compared(files, KINDS, {"AUC": AUC}) for files in (one_seed, one_seed[::-1])]
    assert again[0].differences.equals(again[1].differences)
    assert again[0].intervals.equals(again[1].intervals)


def test_one_model_alone_and_a_measure_that_no_user_has():
    alone = compared(trained()[-1:], {"same": "mean"}, {"AUC": AUC})
    assert alone.differences.is_empty()
    assert alone.intervals["letters"].to_list() == ["a"]
    assert "nothing to compare" in statement(alone, "AUC")
    nobody = [Trained("same", 1, pl.DataFrame({"user": [0], "auc": [None]}, schema_overrides={"auc": pl.Float64}))]
    assert compared(nobody, {"same": "mean"}, {"AUC": AUC}).intervals.is_empty()


def test_scores_that_do_not_fit_together():
    with pytest.raises(InputError, match="models in the config without scores: other"):
        compared(trained(), KINDS | {"other": "cnn"}, {"AUC": AUC})
    with pytest.raises(InputError, match="same, seed 1: the users are not those"):
        compared([*trained()[:-1], trained(399)[-1]], KINDS, {"AUC": AUC})
    left = without(trained())
    with pytest.raises(InputError, match="same, seed 1: the test songs are not those"):
        compare(trained(), left | {("same", 1): left["same", 1][1:]}, KINDS, {"AUC": AUC})


def test_where_less_is_better_the_lowest_mean_comes_first(comparison):
    turned = compared(trained(), KINDS, {"AUC": AUC._replace(higher=False)})
    ordered = comparison.intervals.filter(measure="AUC")["model"].to_list()
    assert turned.intervals["model"].to_list() == ordered[::-1]
    pairs = comparison.differences.filter(measure="AUC").rows_by_key(["first", "second"], named=True, unique=True)
    for row in turned.differences.iter_rows(named=True):
        before = pairs[row["second"], row["first"]]
        assert row["difference"] == pytest.approx(-before["difference"])
        assert row["better"] == pytest.approx(before["better"])
        assert row["differs"] == before["differs"]


def test_intervals_cover_the_truth_in_worlds_of_few_songs_and_those_over_users_alone_do_not():
    users_alone, _, ours = covered(users=150, songs=30, worlds=40, truths=200)
    assert (users_alone < 0.85).all()
    assert (ours > 0.85).all()
