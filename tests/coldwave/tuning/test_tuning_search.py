"""The search: what it proposes, that it goes on where it stopped, and what it makes of settings that fail."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.tuning.search import best_trial, columns_of, search

SPACE = {
    "wmf.alpha": {"low": 0.01, "high": 100.0, "log": True},
    "wmf.factors": {"low": 2, "high": 64, "log": False},
    "model.optimizer": {"choices": ["adamw", "nesterov"]},
}
START = {"wmf.alpha": 50.0, "wmf.factors": 60, "model.optimizer": "adamw"}


def value(settings):
    """Highest, 0, at alpha 1 with 10 factors and Nesterov's momentum."""
    distance = abs(settings["wmf.alpha"] - 1) / 100 + abs(settings["wmf.factors"] - 10) / 64
    return -distance - (settings["model.optimizer"] != "nesterov")


def without_seconds(table):
    return table.drop("seconds")


def test_the_first_trial_is_the_config_and_the_search_finds_better(tmp_path):
    table = search(value, SPACE, START, 40, 1, tmp_path / "trials.parquet")
    assert table.schema == pl.Schema(columns_of(SPACE))
    assert table["trial"].to_list() == list(range(40))
    first = table.row(0, named=True)
    assert {name: first[name] for name in SPACE} == START
    assert first["value"] == value(START)
    best = best_trial(table)
    assert best["value"] == table["value"].max() > -0.2
    assert best["model.optimizer"] == "nesterov"
    for row in table.iter_rows(named=True):
        assert row["value"] == value({name: row[name] for name in SPACE})
        assert 0.01 <= row["wmf.alpha"] <= 100
        assert 2 <= row["wmf.factors"] <= 64


def test_an_interrupted_search_ends_as_an_undisturbed_one(tmp_path):
    whole = search(value, SPACE, START, 14, 3, tmp_path / "whole.parquet")
    asked = []

    def killed(settings):
        if len(asked) == 8:
            raise KeyboardInterrupt
        asked.append(settings)
        return value(settings)

    with pytest.raises(KeyboardInterrupt):
        search(killed, SPACE, START, 14, 3, tmp_path / "parts.parquet")
    assert len(pl.read_parquet(tmp_path / "parts.parquet")) == 8
    asked.clear()
    resumed = search(lambda settings: asked.append(settings) or value(settings), SPACE, START, 14, 3,
                     tmp_path / "parts.parquet")  # fmt: skip
    assert len(asked) == 6, "nothing is evaluated twice"
    assert without_seconds(resumed).equals(without_seconds(whole))


def test_a_finished_search_evaluates_nothing_and_a_larger_budget_goes_on(tmp_path):
    few = search(value, SPACE, START, 5, 2, tmp_path / "trials.parquet")
    again = search(lambda _: pytest.fail("evaluated again"), SPACE, START, 5, 2, tmp_path / "trials.parquet")
    assert again.equals(few)
    more = search(value, SPACE, START, 12, 2, tmp_path / "trials.parquet")
    assert more[:5].equals(few)
    assert without_seconds(more).equals(without_seconds(search(value, SPACE, START, 12, 2, tmp_path / "anew.parquet")))


def test_another_seed_proposes_others(tmp_path):
    one, other = (search(value, SPACE, START, 4, seed, tmp_path / f"{seed}.parquet") for seed in (1, 100))
    assert one["wmf.alpha"][0] == other["wmf.alpha"][0]
    assert set(one["wmf.alpha"][1:]).isdisjoint(other["wmf.alpha"][1:])


def test_settings_that_fail_have_no_value_and_a_reason(tmp_path):
    def fragile(settings):
        if settings["model.optimizer"] == "adamw":
            raise InputError("training diverged")
        return value(settings)

    table = search(fragile, SPACE, START, 12, 1, tmp_path / "trials.parquet")
    failed = table.filter(pl.col("value").is_null())
    assert 0 in failed["trial"]
    assert set(failed["failure"]) == {"training diverged"}
    assert best_trial(table)["model.optimizer"] == "nesterov"
    with pytest.raises(InputError, match="none of 1 trials could be evaluated; the first failed: training diverged"):
        best_trial(table[:1])


def test_no_trial_begins_after_the_time_is_over(tmp_path):
    table = search(value, SPACE, START, 50, 1, tmp_path / "trials.parquet", minutes=1e-9)
    assert len(table) == 1


@given(whole=st.booleans(), log=st.booleans())
def test_numbers_are_of_the_type_of_their_range(whole, log, tmp_path_factory):
    low, high = (1, 9) if whole else (1.0, 9.0)
    space = {"wmf.x": {"low": low, "high": high, "log": log}}
    assert columns_of(space)["wmf.x"] == (pl.Int64 if whole else pl.Float64)
    saved = tmp_path_factory.mktemp("search") / "trials.parquet"
    table = search(lambda settings: settings["wmf.x"], space, {"wmf.x": low}, 3, 1, saved)
    assert table["wmf.x"].is_between(1, 9).all()


def test_a_start_outside_the_space_is_evaluated_all_the_same(tmp_path):
    outside = {"wmf.alpha": 1000.0, "wmf.factors": 500, "model.optimizer": "adamw"}
    table = search(value, SPACE, outside, 3, 1, tmp_path / "trials.parquet")
    assert table["wmf.alpha"][0] == 1000.0
    assert table["value"][0] == value(outside)
