"""The presets that come with the project: what each lays over the default config, or over another."""

import numpy as np
import polars as pl
import pytest
from overlays import CONFIG, as_mapping, checked, mistakes, preset

from coldwave.plays.filters import highest
from coldwave.split.draw import split_songs
from coldwave.split.parts import TEST
from workflow.effective import log_mel_read, plays_read
from workflow.settings import SettingsError, check_files, load_schema


@pytest.fixture
def data(monkeypatch):
    """A folder of data that presets name and that nothing looks into."""
    monkeypatch.setenv("COLDWAVE_DATA", "/data")


@pytest.mark.parametrize("name", ["references", "ablations", "ranking-objectives"])
def test_a_preset_of_models_adds_them_and_changes_nothing_else(name):
    found, default = checked(preset(name)), checked()
    models, before = found.pop("models"), default.pop("models")
    assert found == default
    assert before.items() < models.items()
    added = {model["kind"] for key, model in models.items() if key not in before}
    assert name != "references" or added == {"popularity", "names"}


# Networks


def network(**settings):
    """The settings of a network in the config that is handed out."""
    return checked({"models": {"net": {"kind": "cnn", **settings}}})["models"]["net"]


def test_by_default_a_network_is_the_papers():
    added = {
        "normalization": "none", "blocks": "plain", "pooling": "flatten", "dropout": 0, "mask_bands": 0,
        "mask_frames": 0, "mixup": 0, "schedule": "constant", "warm_up": 0, "averaging": 0,
    }  # fmt: skip
    found = network()
    assert {key: found[key] for key in added} == added
    assert found == checked()["models"]["cnn_mse"]
    assert set(found) == set(load_schema()["$defs"]["cnn"]["properties"])


def test_each_ablation_adds_or_takes_away_one_ingredient():
    models, paper = checked(preset("ablations"))["models"], network()
    full = models["all_ingredients"]
    schedule = {"schedule", "warm_up", "epochs", "patience", "learning_rate"}
    ingredients = {
        "mixup": {"mixup"}, "masks": {"mask_bands", "mask_frames"}, "averaging": {"averaging"}, "cosine": schedule,
        "attention": {"pooling"}, "normalization": {"normalization"}, "residual": {"blocks"},
    }  # fmt: skip
    assert {key for key in full if full[key] != paper[key]} == set().union(*ingredients.values())
    for name, keys in ingredients.items():
        added, without = models[f"plus_{name}"], models[f"minus_{name}"]
        assert added == paper | {key: full[key] for key in keys}
        assert without == full | {key: paper[key] for key in keys}
    assert set(models) - set(CONFIG["models"]) == {"all_ingredients"} | {
        f"{sign}_{name}" for sign in ("plus", "minus") for name in ingredients
    }


def test_the_network_of_2014_is_laid_over_the_demo_world_or_under_a_data_set(data):
    text = preset("network-2014")
    alone, together = checked(text), checked(text, preset("emotify"))
    assert (alone["world"]["seconds"], alone["run"]) == (15, "network-2014")
    assert (together["world"], together["run"]) == (None, "emotify")
    assert alone["models"]["cnn_2014"] == together["models"]["cnn_2014"]
    assert together["audio"]["min_seconds"] == alone["audio"]["min_seconds"] >= 598 * 512 / 22050
    models = as_mapping(text)["models"]
    assert set(mistakes({"models": models})) == {"models.cnn_2014.window"}  # the demo world's default songs are shorter


# Research data in layouts of their own


@pytest.mark.parametrize("name", ["mlhd", "melon", "yambda"])
def test_a_preset_of_research_data(name, data):
    config = checked(preset(name))
    assert (config["run"], config["plays"]["format"], config["world"]) == (name, name, None)
    assert config["split"]["by"] == ("song" if name == "melon" else "first_play")
    assert (
        plays_read(config).get("table", {})
        == {
            "mlhd": {"time": True},
            "melon": {},
            "yambda": {"min_played": 50, "time": True},
        }[name]
    )


def test_the_preset_of_melon_hears_the_mel_spectrograms_that_come_with_it(data):
    config = checked(preset("melon"))
    read = log_mel_read(config)
    assert (read["source"], read["mel_unit"], read["mel_bands"]) == ("mel", "db", 48)
    assert 1 + read["duration"] * read["sample_rate"] // read["hop"] == 1876  # the frames of its files
    assert "window" not in read and "source" not in log_mel_read(checked())


# Experiments


def test_the_control_differs_from_its_preset_in_name_words_and_shuffling_alone(data):
    real, dealt = checked(preset("msd-timbre")), checked(preset("msd-timbre"), preset("msd-timbre-shuffled"))
    assert real["embeddings"]["timbre"].pop("shuffle") is False
    assert dealt["embeddings"]["timbre"].pop("shuffle") is True
    assert {key for key in real if real[key] != dealt[key]} == {"run", "data_note"}
    hearing = [model for model in real["models"].values() if "features" in model]
    assert {model["features"] for model in hearing} == {"timbre"}
    assert {model["kind"] for model in hearing} == {"knn", "mlr", "linear", "mlp"}


PAPER = {"paper-subset": (9_330, 20_000, 1_881, 50), "paper-full": (382_410, 1_000_000, 46_728, 400)}


@pytest.mark.parametrize("name", PAPER)
def test_a_paper_preset_has_the_papers_numbers(name, data):
    config = checked(preset(name))
    songs, users, test, factors = PAPER[name]
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


@pytest.mark.parametrize("name", PAPER)
def test_a_paper_preset_splits_and_picks_exactly_as_many(name, data):
    config = checked(preset(name))
    songs, users, test, _ = PAPER[name]
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


@pytest.mark.parametrize("name", PAPER)
def test_what_a_paper_preset_lacks_is_told(name, tmp_path, monkeypatch):
    monkeypatch.delenv("COLDWAVE_DATA", raising=False)
    with pytest.raises(SettingsError, match="environment variable that is not set") as error:
        checked(preset(name))
    assert len(error.value.mistakes) == 3
    assert "Note on the data: Taste Profile" in str(error.value)
    assert "no longer obtainable" in str(error.value)
    monkeypatch.setenv("COLDWAVE_DATA", str(tmp_path))
    with pytest.raises(SettingsError) as error:
        check_files(checked(preset(name)))
    for file in ("train_triplets.txt", "songs.csv", "sid_mismatches.txt"):
        assert f"{file}'" in str(error.value)
    assert "sid_mismatches.txt) are left out" in str(error.value)
