"""The choice of the factorisation's settings, against hand-made scores and worlds of known rank."""

import numpy as np
import polars as pl
import pytest

from coldwave.evaluation.held_out import NothingToRank, hold_out, measure, play_counts, vector_scores
from coldwave.exhibits.files import read_exhibit
from coldwave.files import check_table
from coldwave.plays.tables import PLAYS
from coldwave.wmf.als import factorise
from coldwave.wmf.choice import SCORES, at_chance, at_the_end, choose, first_of_lists, pick, schema, some_users
from coldwave.wmf.choice_exhibits import write_grid_figure, write_grid_table
from coldwave.wmf.chosen import read_chosen, write_chosen
from coldwave.wmf.confidence import confidence_matrix
from tests.coldwave.grouped import grouped_plays

USERS, SONGS, CUTOFF = 150, 45, 20
GRID = {"factors": [1, 3], "regularization": [1.0, 500.0]}
WMF = {"alpha": 2.0, "epsilon": 1.0, "unplayed_weight": 1.0, "frequency_scaling": 0.0}
WMF |= {"iterations": 15, "tolerance": 0.0, "solver": "exact"}


@pytest.fixture(scope="module")
def plays():
    """Three groups of users, each of which plays its own third of the songs: three factors tell all of it."""
    return grouped_plays(1, USERS, SONGS, 3, 0.6, 0.05)


def chosen_of(plays, training=None, **changed):
    training = np.arange(SONGS) % 5 > 0 if training is None else training
    how = {"held_out": 0.25, "draws": 3, "maximised": "both", "users": 1000, "cutoff": CUTOFF, "seed": 7, "threads": 1}
    return choose(plays, training, GRID, WMF, **how | changed)


@pytest.fixture(scope="module")
def table(plays):
    return chosen_of(plays)


def test_it_chooses_the_rank_and_the_strength_that_the_plays_have(table):
    check_table(table, schema(CUTOFF), "grid")
    assert [tuple(row) for row in table.select("factors", "regularization").rows()] == [
        (1, 1.0), (1, 500.0), (3, 1.0), (3, 500.0)
    ]  # fmt: skip
    row = table.row(by_predicate=pl.col("chosen"), named=True)
    assert (row["factors"], row["regularization"], row["draws"]) == (3, 1.0, 3)
    assert table["chosen"].sum() == 1


def test_a_row_is_what_plain_steps_give(plays, table):
    training = np.arange(SONGS) % 5 > 0
    own = plays.filter(training[plays["song"].to_numpy()])
    own = own.with_columns(song=(np.cumsum(training) - 1)[own["song"].to_numpy()])
    aucs = []
    for place in (1, 2, 3):
        out = hold_out(own, 0.25, [7, place])
        known, missing = (play_counts(own.filter(part), USERS, training.sum()) for part in (~out, out))
        matrix = confidence_matrix(own.filter(~out), USERS, training.sum(), 2.0, 1.0)
        fitted = factorise(matrix, 3, 1.0, 15, "exact", 7, tolerance=1e-3)
        aucs.append(np.nanmean(measure(vector_scores(*fitted), known, missing, CUTOFF, CUTOFF).auc))
    row = table.row(2, named=True)
    assert row["auc"] == pytest.approx(np.mean(aucs), abs=1e-9)
    assert row["auc_sd"] == pytest.approx(np.std(aucs, ddof=1), abs=1e-9)


def test_other_songs_do_not_matter_nor_do_threads(plays, table):
    training = np.arange(SONGS) % 5 > 0
    fewer = plays.filter(training[plays["song"].to_numpy()])
    assert chosen_of(fewer, threads=3).equals(table)


def test_a_sample_of_users_bounds_what_is_looked_at(plays):
    kept, number = some_users(plays, 20, [1, 0])
    assert number == kept["user"].n_unique() == 20
    assert kept["user"].max() == 19
    counts = set(plays.group_by("user").len()["len"])
    assert set(kept.group_by("user").len()["len"]) <= counts, "a user is kept with all plays"
    assert some_users(plays, USERS, [1, 0])[0].equals(plays.with_columns(pl.col("user").cast(pl.Int64)))
    assert not chosen_of(plays, users=60).equals(chosen_of(plays))


def test_the_fewest_factors_of_those_as_good_are_picked():
    scores = np.array([[0.50, 0.60, 0.70], [0.51, 0.59, 0.71], [0.52, 0.62, 0.72], [0.1, 0.2, 0.3]])
    # the third is ahead of the first by .02 in each draw, without error; of the second by .01, .03, .01
    assert pick(scores, np.array([5, 5, 50, 1])) == 2
    noisy = np.array([[0.50, 0.66, 0.70], [0.52, 0.62, 0.75]])  # a lead of .02, -.04, .05: .01, and an error of .026
    assert pick(noisy, np.array([5, 50])) == 0
    assert pick(noisy, np.array([50, 5])) == 1
    assert pick(noisy, np.array([5, 5])) == 1
    assert pick(noisy[:, :1], np.array([5, 50])) == 1, "one draw has no error"


def test_both_trades_pairs_in_the_wrong_order_for_precision():
    both = SCORES["both"]
    assert both(0.9, 0.2) == pytest.approx(both(0.8, 0.4)) == pytest.approx(2.0)
    assert both(0.9, 0.2) < both(0.91, 0.2)
    assert both(0.9, 0.2) < both(0.9, 0.21)
    assert np.isfinite(both(1.0, 1.0))


def test_the_end_of_a_list_is_told():
    grid = {
        "factors": [10, 20],
        "alpha": [20.0, 2.0, 6.0],
        "regularization": [1.0, 3.0, 9.0],
        "frequency_scaling": [0, 1, 2],
    }
    told = at_the_end(grid, {"factors": 20, "alpha": 20.0, "regularization": 1.0, "frequency_scaling": 0})
    assert [line.partition(":")[0] for line in told] == ["wmf.alpha", "wmf.regularization"]
    assert "greatest" in told[0] and "higher" in told[0] and "least" in told[1] and "lower" in told[1]
    assert not at_the_end(grid, {"factors": 10, "alpha": 6.0, "regularization": 3.0, "frequency_scaling": 1})


def test_a_choice_at_chance_is_told():
    assert at_chance({"auc": 0.51}) == []
    assert "no better than chance" in at_chance({"auc": 0.45})[0]


def test_nothing_to_hold_out_is_told():
    single = pl.DataFrame({"user": [0, 1], "song": [1, 2], "count": [3, 4]}, schema=PLAYS)
    with pytest.raises(NothingToRank, match="write one value in place of each list"):
        chosen_of(single)
    one_user = pl.DataFrame({"user": [0] * SONGS, "song": range(SONGS), "count": [1] * SONGS}, schema=PLAYS)
    with pytest.raises(NothingToRank, match="no user has an AUC on held-out plays"):
        chosen_of(one_user)


def test_where_nothing_can_be_measured_the_first_of_each_list_is_taken(tmp_path):
    found = first_of_lists(GRID, WMF, CUTOFF)
    check_table(found, schema(CUTOFF), "grid")
    row = found.row(by_predicate=pl.col("chosen"), named=True)
    assert (row["factors"], row["regularization"], row["draws"], row["auc"]) == (1, 1.0, 0, None)
    options = {"cutoff": CUTOFF, "grid": GRID, "choice": {"held_out": 0.25, "measure": "both"}}
    write_grid_table(tmp_path / "grid.md", found, options, [], ["why"])
    assert "the first value of each list was taken: factors 1, regularization 1." in (tmp_path / "grid.md").read_text()
    write_grid_figure(tmp_path / "grid.svg", found, GRID, CUTOFF)


def test_the_chosen_settings_are_read_back(tmp_path):
    write_chosen(tmp_path / "chosen.parquet", {"regularization": 3.0, "factors": 20})
    assert read_chosen(tmp_path / "chosen.parquet") == {"factors": 20, "regularization": 3.0}
    assert read_chosen(tmp_path / "chosen.parquet", "alpha", "factors") == {"factors": 20}
    assert read_chosen(None) == {}


def test_the_exhibits_show_the_grid(table, tmp_path):
    options = {"cutoff": CUTOFF, "grid": GRID, "choice": {"held_out": 0.25, "measure": "both"}}
    write_grid_table(tmp_path / "grid.md", table, options, ["Synthetic."], ["at the end"])
    text = (tmp_path / "grid.md").read_text()
    assert text.count("\n| ") == 2 + 4, "a heading, a rule and the grid"
    assert "Chosen: factors 3, regularization 1 (" in text and "- at the end" in text and "25% in each draw" in text
    assert read_exhibit(tmp_path / "grid.md").title.startswith("Settings of the factorisation")
    write_grid_figure(tmp_path / "grid.svg", table, GRID, CUTOFF)
    figure = read_exhibit(tmp_path / "grid.svg")
    assert figure.figure and "ring" in figure.title
    write_grid_figure(tmp_path / "again.svg", table, GRID, CUTOFF)
    assert (tmp_path / "again.svg").read_bytes() == (tmp_path / "grid.svg").read_bytes()
