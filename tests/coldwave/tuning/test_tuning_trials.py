"""A trial: that test songs take no part, and that its value is what scikit-learn makes of the same ranking."""

import numpy as np
import polars as pl
import pytest
import yaml
from sklearn.metrics import average_precision_score, roc_auc_score

from coldwave.errors import InputError
from coldwave.tuning.outcome import about, overlay, saved_as, table_for_people
from coldwave.tuning.search import columns_of
from coldwave.tuning.trials import evaluator, laid_over, search_data, search_space, start_of, validation_score

USERS, SONGS = 30, 24
WMF = {"alpha": 2.0, "epsilon": 1.0, "factors": 4, "iterations": 3, "regularization": 0.1, "solver": "exact"}
MODEL = {"strengths": [1.0], "rate": 0.1, "layers": 2}
SPLIT = pl.DataFrame({"song": range(SONGS), "part": ["train"] * 12 + ["validation"] * 6 + ["test"] * 6})


def plays(seed=0):
    rng = np.random.default_rng(seed)
    user, song = np.nonzero(rng.random((USERS, SONGS)) < 0.4)
    return pl.DataFrame({"user": user, "song": song, "count": rng.integers(1, 9, len(user))}).cast(pl.UInt32)


def test_the_plays_of_test_songs_are_taken_out():
    data = search_data(plays(), SPLIT, USERS)
    assert data.plays["song"].max() < 18
    assert (np.flatnonzero(data.training).tolist(), np.flatnonzero(data.validation).tolist()) == (
        list(range(12)),
        list(range(12, 18)),
    )
    with pytest.raises(InputError, match="nobody has played a validation song"):
        search_data(plays().filter(pl.col("song") < 12), SPLIT, USERS)


@pytest.mark.parametrize(("measure", "reference"), [("auc", roc_auc_score), ("map", average_precision_score)])
def test_a_value_is_the_users_mean_by_scikit_learn(measure, reference):
    data, rng = search_data(plays(), SPLIT, USERS), np.random.default_rng(1)
    users, songs = rng.normal(size=(USERS, 4)).astype(np.float32), rng.normal(size=(SONGS, 4)).astype(np.float32)
    scores = users @ songs[12:18].T
    played = np.zeros((USERS, SONGS), dtype=bool)
    played[plays()["user"].to_numpy(), plays()["song"].to_numpy()] = True
    relevant = played[:, 12:18]
    counted = [
        user for user in range(USERS) if relevant[user].any() and not (measure == "auc" and relevant[user].all())
    ]
    expected = np.mean([reference(relevant[user], scores[user]) for user in counted])
    assert validation_score(data, users, songs, measure, 500, 1) == pytest.approx(expected, abs=1e-6)


def test_test_songs_change_no_value():
    def value(of_plays):
        data = search_data(of_plays, SPLIT, USERS)
        seen = []

        def teach(users, songs, settings):
            seen.append((users.copy(), songs.copy(), dict(settings)))
            return songs

        evaluate = evaluator(data, teach, "auc", WMF, MODEL, 500, 1, 1)
        values = [evaluate({"wmf.alpha": 3.0}), evaluate({"model.rate": 0.5}), evaluate({})]
        return values, seen

    others = pl.concat([plays().filter(pl.col("song") < 18), plays(7).filter(pl.col("song") >= 18)])
    (values, seen), (again, seen_again) = value(plays()), value(others)
    assert values == again
    assert values[1] == values[2] != values[0]
    for (users, songs, settings), (users_again, songs_again, _) in zip(seen, seen_again, strict=True):
        assert np.array_equal(users, users_again)
        assert np.array_equal(songs[:18], songs_again[:18])
        assert not songs[18:].any(), "nobody has played a test song"
        assert settings["layers"] == 2
    assert [settings["rate"] for _, _, settings in seen] == [0.1, 0.5, 0.1]
    assert [settings["alpha"] for _, _, settings in seen] == [3.0, 2.0, 2.0]


def test_the_space_has_the_types_of_the_settings():
    tune = {
        "wmf": {"alpha": {"low": 1, "high": 10, "log": True}, "factors": {"choices": [2, 8]}},
        "settings": {"rate": {"choices": [1, 0.5]}, "layers": {"low": 1, "high": 3}},
    }
    space = search_space(tune, WMF, MODEL)
    assert space == {
        "wmf.alpha": {"low": 1.0, "high": 10.0, "log": True},
        "wmf.factors": {"choices": [2, 8]},
        "model.rate": {"choices": [1.0, 0.5]},
        "model.layers": {"low": 1, "high": 3, "log": False},
    }
    types = columns_of(space)
    assert [types[name] for name in space] == [pl.Float64, pl.Int64, pl.Float64, pl.Int64]
    assert start_of(space, WMF, MODEL) == {"wmf.alpha": 2.0, "wmf.factors": 4, "model.rate": 0.1, "model.layers": 2}


def test_settings_are_laid_over_without_changing_what_they_lie_on():
    wmf, model = laid_over(WMF, MODEL, {"wmf.alpha": 9.0, "model.rate": 0.3})
    assert (wmf, model) == (WMF | {"alpha": 9.0}, MODEL | {"rate": 0.3})
    assert (WMF["alpha"], MODEL["rate"]) == (2.0, 0.1)


TRIALS = pl.DataFrame(
    {"trial": [0, 1, 2], "value": [0.6, None, 0.7], "seconds": [1.0, 2.0, 3.0], "failure": [None, "diverged", None],
     "wmf.alpha": [2.0, 90.0, 3.25], "model.layers": [2, 1, 3]},
)  # fmt: skip


def test_the_overlay_is_a_config_of_the_best_settings():
    text = overlay(TRIALS, "mine", about(TRIALS, "mine", "AUC"))
    assert yaml.safe_load(text) == {"wmf": {"alpha": 3.25}, "models": {"mine": {"layers": 3}}}
    assert "0.70000 in trial 2, the best of 3" in " ".join(text.replace("#", "").split())
    assert max(map(len, text.splitlines())) <= 120


def test_people_see_the_best_trial_first_and_the_failed_last():
    columns = table_for_people(TRIALS, "AUC")
    assert columns["trial"] == ["2", "0 (the config)", "1"]
    assert columns["AUC, validation"] == ["0.70000", "0.60000", "–"]


def test_saved_trials_are_of_the_same_search_whatever_its_budget(tmp_path):
    options = {"tuning": {"trials": 3, "minutes": None, "measure": "auc"}, "seed": 1}
    name = saved_as(options, {"a.py": "1"}, {"x": "d"}, tmp_path)
    more = {**options, "tuning": {**options["tuning"], "trials": 9, "minutes": 5}}
    assert saved_as(more, {"a.py": "1"}, {"elsewhere/x": "d"}, tmp_path) == name
    others = [
        saved_as({**options, "seed": 2}, {"a.py": "1"}, {"x": "d"}, tmp_path),
        saved_as(options, {"a.py": "2"}, {"x": "d"}, tmp_path),
        saved_as(options, {"a.py": "1"}, {"x": "e"}, tmp_path),
    ]
    assert len({name, *others}) == 4
