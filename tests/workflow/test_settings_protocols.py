"""Settings of protocols, splits and the audit, and the paper's two experiments as presets."""

import copy
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from snakemake.utils import update_config

from coldwave.plays.filters import highest
from coldwave.split.draw import split_songs
from coldwave.split.parts import TEST
from workflow.settings import SettingsError, check, check_files

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def overlaid(*overlays: str | dict) -> dict:
    """The default config with overlays merged in as Snakemake merges them."""
    config = copy.deepcopy(CONFIG)
    for overlay in overlays:
        update_config(config, yaml.safe_load(overlay) if isinstance(overlay, str) else copy.deepcopy(overlay))
    return config


@pytest.mark.parametrize(
    ("overlay", "mistake"),
    [
        ("protocol: inductive", "protocol: 'inductive' is not one of strict, transductive"),
        ("split: {by: year}", "split.by: 'year' is not one of song, artist, date"),
        ("split: {folds: 1}", "split.folds: 1 is not a whole number from 2"),
        ("split: {folds: 5, fold: 6}", "split.fold: 6 is more than split.folds (5)"),
        ("split: {fold: 2}", "split.fold: 2 is a fold, but split.folds is null"),
        ("split: {folds: 5, by: date}", "split.folds: 5 folds cannot be by date"),
        ("split: {folds: 2, validation: 0.5}", "split.validation: 0.5 and one of split.folds (2) leave no song"),
        ("split: {folds: 2, path: x.csv}", "split.folds: 2 folds are not drawn where split.path gives the parts"),
        ("split: {by: date, path: x.csv}", "split.by: date is not used where split.path gives the parts"),
        ("audit: {canary: [wmf, tree]}", "audit.canary[1]: 'tree' is nothing that is learnt: name any of wmf, bow,"),
        ("audit: {canary: [usage]}", "audit.canary[0]: 'usage' is nothing that is learnt"),
    ],
)
def test_mistakes(overlay, mistake):
    with pytest.raises(SettingsError) as error:
        check(overlaid(overlay))
    assert len(error.value.mistakes) == 1
    assert error.value.mistakes[0].startswith(mistake)


@pytest.mark.parametrize(
    "overlay",
    [
        "protocol: transductive",
        "split: {folds: 5, fold: 5, test: 0.95}",  # not used
        "split: {by: date}",
        "audit: {canary: [wmf, mlr, cnn_wpe]}",
        "audit: {canary: []}",
        "models: {linear: null}",
    ],
)
def test_what_is_right(overlay):
    check(overlaid(overlay))


def test_a_split_and_a_list_that_are_not_there_are_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = check(overlaid("{split: {path: mine.csv}, plays: {songs: {exclude: list.txt}}}"))
    with pytest.raises(SettingsError, match=r"plays\.songs\.exclude: there is no 'list\.txt'(.|\n)*split\.path"):
        check_files(config)


# The paper's experiments

EXPERIMENTS = {"paper-subset": (9_330, 20_000, 1_881, 50), "paper-full": (382_410, 1_000_000, 46_728, 400)}


@pytest.fixture
def preset(monkeypatch):
    """Function of a preset's name: its checked config."""
    monkeypatch.setenv("COLDWAVE_DATA", "/data")
    return lambda name: check(overlaid((ROOT / "presets" / f"{name}.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_paper_preset_has_the_papers_numbers(name, preset):
    config = preset(name)
    songs, users, test, factors = EXPERIMENTS[name]
    plays, split = config["plays"], config["split"]
    assert (plays["top_songs"], plays["top_users"], split["test"], config["wmf"]["factors"]) == (
        songs, users, test, factors,
    )  # fmt: skip
    assert (config["bow"]["words"], config["bow"]["variance"], config["evaluation"]["cutoff"]) == (4000, 0.95, 500)
    assert (config["audio"]["duration"], config["run"], config["world"]) == (29.0, name, None)
    assert plays["songs"]["exclude"].endswith("mismatches.txt")
    kinds = {model["kind"] for model in config["models"].values()}
    assert kinds >= {"random", "linear", "cnn", "usage"}
    assert name == "paper-full" or (config["models"]["mlp"]["hidden"], "mlr" in kinds) == ([1000], True)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_paper_preset_splits_and_picks_exactly_as_many(name, preset):
    config = preset(name)
    songs, users, test, _ = EXPERIMENTS[name]
    # the filters, on as many songs and users as the Taste Profile has
    plays = np.random.default_rng(0).integers(1, 1000, size=384_546)
    assert highest(plays, plays > 0, config["plays"]["top_songs"]).sum() == songs
    of_users = np.random.default_rng(1).integers(1, 1000, size=1_019_318)
    assert highest(of_users, of_users > 0, config["plays"]["top_users"]).sum() == users
    # and the split, of ids like its own
    table = pl.DataFrame({"song": range(songs)}, schema={"song": pl.UInt32}).with_columns(
        song_id=pl.format("SO{}", pl.col("song").cast(pl.String).str.zfill(16)),
        artist=pl.lit(None, dtype=pl.String),
    )
    sizes = {key: config["split"][key] for key in ("by", "validation", "test", "folds", "fold")}
    parts = split_songs(table, **sizes, seed=config["seed"])["part"]
    assert (parts == TEST).sum() == test
    assert len(parts) == songs


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_a_paper_preset_lacks_is_told(name, tmp_path, monkeypatch):
    text = (ROOT / "presets" / f"{name}.yaml").read_text(encoding="utf-8")
    monkeypatch.delenv("COLDWAVE_DATA", raising=False)
    with pytest.raises(SettingsError, match="environment variable that is not set") as error:
        check(overlaid(text))
    assert len(error.value.mistakes) == 3
    assert "What the config says of its data: Taste Profile" in str(error.value)
    assert "no longer obtainable" in str(error.value)
    monkeypatch.setenv("COLDWAVE_DATA", str(tmp_path))
    with pytest.raises(SettingsError) as error:
        check_files(check(overlaid(text)))
    for file in ("train_triplets.txt", "songs.csv", "sid_mismatches.txt"):
        assert f"{file}'" in str(error.value)
    assert "sid_mismatches.txt) are left out" in str(error.value)
