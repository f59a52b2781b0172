"""What rules read of sections of which some settings have no effect."""

import copy

import pytest
from overlays import CONFIG, ROOT, checked, mistakes
from snakemake.utils import update_config

from coldwave.matching.plays import MATCHED_PLAYS
from workflow.effective import cut_read, cuts_plays, model_read, plays_read, split_read
from workflow.notes import protocol_note
from workflow.settings import over_default

DEFAULT = ROOT / "config.yaml"
OWN = {"world": None, "plays": {"path": "plays.tsv", "songs": {"path": None}}}
ALWAYS = {"format", "top_songs", "top_users", "min_users", "min_songs", "strict"}
OF_USERS = {"filter_by", "split"}
OF_SONGS = {"unlisted_songs", "songs_without_audio", "songs"}


@pytest.mark.parametrize(
    ("plays", "read"),
    [
        ({}, ALWAYS),
        ({"format": "table"}, ALWAYS | {"table"}),
        ({"top_users": 5}, ALWAYS | {"users_by"} | OF_USERS),
        ({"top_users": 5, "users_by": "random"}, ALWAYS | {"users_by", "seed"} | OF_USERS),
        ({"min_songs": 2}, ALWAYS | OF_USERS),
        ({"min_users": 2, "filter_by": "all"}, ALWAYS),
        ({"min_users": 0, "min_songs": 2, "filter_by": "all"}, ALWAYS | {"filter_by"}),
        ({"users_by": "random"}, ALWAYS),
        ({"songs": {"path": "songs.csv"}}, ALWAYS | OF_SONGS),
    ],
    ids=str,
)
def test_the_plays_read_what_has_effect(plays, read):
    found = plays_read(checked(OWN, {"plays": plays}))
    assert set(found) == read
    assert list(found) == sorted(found)


def test_times_of_plays_are_read_in_a_split_by_date_alone():
    plays = {"plays": {"format": "table", "table": {"time": "when"}}}
    assert plays_read(checked(OWN, plays))["table"]["time"] is None
    assert plays_read(checked(OWN, plays, {"split": {"by": "date"}}))["table"]["time"] == "when"


def test_times_of_a_history_are_read_in_a_split_by_date_alone():
    plays = {"plays": {"format": "history", "songs": {"path": "songs.csv"}}}
    assert plays_read(checked(OWN, plays))["table"]["time"] is None
    by_date = checked(OWN, plays, {"split": {"by": "date"}})
    assert cuts_plays(by_date) and not cuts_plays(checked(OWN, plays))
    assert plays_read(by_date)["table"] == cut_read(by_date)["table"]
    assert set(cut_read(by_date)["table"].values()) <= MATCHED_PLAYS.keys()
    assert cut_read(by_date)["table"]["time"] == "time"


def test_times_of_a_data_set_are_read_where_they_decide():
    of = {"plays": {"format": "lfm_2b"}}
    assert not plays_read(checked(OWN, of)).keys() & {"table", "first_play"}
    assert not cuts_plays(checked(OWN, of))
    for by, first in (("date", None), ("first_play", True)):
        config = checked(OWN, of, {"split": {"by": by}})
        read = plays_read(config)
        assert (read["table"], read.get("first_play")) == ({"time": True}, first)
        assert cut_read(config) == {"format": "lfm_2b", "table": {"time": True}}


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ({"test": "2009-13"}, {"split.test": "'2009-13' is no day of the calendar, as 2009-01-31"}),
        (
            {"test": "2009-01", "validation": "2009-01-31"},
            {"split.validation": "'2009-01-31' is not before split.test"},
        ),
        ({"folds": 3}, {"split.folds": "3 folds cannot be by first_play"}),
        ({"path": "x.csv"}, {"split.by": "first_play is not used, because split.path"}),
    ],
)
def test_a_split_by_first_play_is_checked(split, said):
    found = mistakes(OWN, {"plays": {"format": "lastfm_1k"}}, {"split": {"by": "first_play"} | split})
    assert found.keys() == said.keys()
    assert all(found[key].startswith(words) for key, words in said.items())


def test_a_split_by_first_play_is_told_with_the_results():
    note = protocol_note(checked(OWN, {"plays": {"format": "lfm_1b"}}, {"split": {"by": "first_play"}}))
    assert "the songs that were first heard latest, by whomever, are test songs" in note
    assert "Nothing was learnt from what was played after the first test song came out" in note


def test_a_folder_of_songs_has_other_settings_than_a_manifest(tmp_path):
    manifest, folder = tmp_path / "songs.csv", tmp_path / "songs"
    folder.mkdir()
    found = [
        set(plays_read(checked(OWN, {"plays": {"songs": {"path": str(path)}}}))["songs"]) for path in (manifest, folder)
    ]
    assert found == [{"columns", "tag_separator", "audio_root", "audio_pattern", "delimiter", "quote"}, {"id_from"}]


def test_a_given_split_has_no_sizes_and_folds_no_test_size():
    assert split_read(checked(OWN, {"plays": {"min_users": 0}}))["unheard"] is True
    everything = {"by", "validation", "test", "folds", "fold", "seed"}
    assert split_read(checked({"split": {"path": "parts.csv"}})) == {"by": "song"}
    assert split_read(checked({"split": {"test": 5}}))["test"] == 5
    for test in (0.2, 5):
        found = split_read(checked({"split": {"test": test, "folds": 3}}))
        assert set(found) == everything
        assert found["test"] is None


@pytest.mark.parametrize(
    ("settings", "idle"),
    [
        ({"objective": "mse"}, {"temperature", "plays_per_song", "momentum"}),
        ({"objective": "wpe", "optimizer": "nesterov"}, {"temperature", "plays_per_song"}),
        ({"objective": "bpr"}, {"momentum"}),
        ({"objective": "sampled_softmax", "optimizer": "nesterov"}, set()),
    ],
    ids=str,
)
def test_a_network_reads_what_its_objective_and_optimizer_have(settings, idle):
    others = {"temperature": 0.7, "plays_per_song": 7, "momentum": 0.7}
    first = checked({"models": {"cnn_mse": settings}})["models"]["cnn_mse"]
    second = checked({"models": {"cnn_mse": settings | others}})["models"]["cnn_mse"]
    differing = {key for key in others if model_read(first)[key] != model_read(second)[key]}
    assert differing == set(others) - idle
    assert set(model_read(first)) == set(first) - {"kind"}


def test_a_changed_setting_does_not_move_its_model():
    """Snakemake starts from the overlay's keys, and adds those of the config file."""
    for overlay in ({"cnn_wpe": {"epochs": 5}}, {"new": {"kind": "mean"}, "usage": None, "linear": {"strengths": [1]}}):
        config = {"models": copy.deepcopy(overlay)}
        update_config(config, copy.deepcopy(CONFIG))
        update_config(config, {"models": copy.deepcopy(overlay)})
        assert list(config["models"])[0] in overlay
        found = over_default(config, DEFAULT)
        assert list(found["models"]) == [*CONFIG["models"], *(name for name in overlay if name == "new")]
        assert found["models"] == config["models"]
    assert over_default({"models": 3}, DEFAULT) == CONFIG | {"models": 3}


def test_what_the_default_config_has_for_the_demo_world_alone_is_left_out_without_it():
    told = [name for name, model in CONFIG["models"].items() if model["kind"] == "planted"]
    assert told
    for world in (None, "null"):
        assert not set(told) & set(over_default(CONFIG | {"world": world}, DEFAULT)["models"])
    assert set(told) < set(over_default(CONFIG, DEFAULT)["models"])
    own = {"models": {"mine": {"kind": "planted"}, told[0]: {"traits": "all"}}, "world": None}
    assert {"mine", told[0]} <= set(over_default(own, DEFAULT)["models"])  # asked for, and refused by the check
