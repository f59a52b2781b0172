"""The config's sections of embeddings and of held-out plays: what they accept, and how each mistake is told."""

import copy
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from workflow.settings import SettingsError, check, check_files

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
TIMBRE = {"path": "timbre.csv", "song": "id"}


def overlaid(*overlays):
    config = copy.deepcopy(CONFIG)
    for overlay in overlays:
        update_config(config, yaml.safe_load(overlay) if isinstance(overlay, str) else copy.deepcopy(overlay))
    return config


def test_an_embedding_gets_its_defaults_and_may_be_unused_or_removed():
    checked = check(overlaid({"embeddings": {"timbre": TIMBRE}}))
    assert checked["embeddings"]["timbre"] == {
        "path": "timbre.csv",
        "song": "id",
        "columns": None,
        "delimiter": None,
        "standardize": True,
        "shuffle": False,
    }
    assert check(overlaid({"embeddings": {"timbre": TIMBRE}}, {"embeddings": {"timbre": None}}))["embeddings"] == {}


@pytest.mark.parametrize("kind", ["knn", "mlr", "linear", "mlp"])
def test_models_take_an_embedding_by_its_name(kind):
    overlay = {"embeddings": {"timbre": TIMBRE}, "models": {"on_timbre": {"kind": kind, "features": "timbre"}}}
    models = check(overlaid(overlay))["models"]
    assert models["on_timbre"]["features"] == "timbre"
    assert models[kind]["features"] == "bow"


def one(**changes):
    return {"embeddings": {"timbre": TIMBRE | changes}}


def new(**tables):
    return one() | {"new_songs": {"embeddings": tables}}


@pytest.mark.parametrize(
    ("overlay", "path", "words"),
    [
        (one() | {"models": {"linear": {"features": "timber"}}}, "models.linear.features", "did you mean 'timbre'?"),
        (one() | {"models": {"linear": {"features": "xyz"}}}, "models.linear.features", "it may be bow or timbre"),
        ({"models": {"mlp": {"features": "timbre"}}}, "models.mlp.features", "there is no 'timbre' in embeddings"),
        ({"models": {"cnn_mse": {"features": "bow"}}}, "models.cnn_mse.features", "it is a key of models of kind knn"),
        ({"embeddings": {"bow": TIMBRE}}, "embeddings.bow", "is not a name of small letters"),
        ({"embeddings": {"e": {"path": "e.csv"}}}, "embeddings.e.song", "is missing"),
        ({"embeddings": {"e": "e.csv"}}, "embeddings.e", "not a mapping with the keys path and song"),
        (one(colums=["x"]), "embeddings.timbre.colums", "did you mean 'columns'?"),
        (one(columns=[]), "embeddings.timbre.columns", "not a list of columns' names, the beginning"),
        (one(path="timbre.dat"), "embeddings.timbre.delimiter", "write the character between its columns"),
        (one(path="e.parquet", delimiter=","), "embeddings.timbre.delimiter", "Parquet has none"),
        (one(path="$NOWHERE_AT_ALL/e.csv"), "embeddings.timbre.path", "environment variable that is not set"),
        (new(timber="new.csv"), "new_songs.embeddings.timber", "did you mean 'timbre'?"),
        ({"new_songs": {"embeddings": {"x": "e.csv"}}}, "new_songs.embeddings.x", "in embeddings; it is empty"),
        (new(timbre="new.dat"), "new_songs.embeddings.timbre", "embeddings.timbre.delimiter is null: give it such a"),
        (new(timbre={"path": "new.csv"}), "new_songs.embeddings.timbre", "is not text of at least one character"),
        (new(timbre="$NOWHERE_AT_ALL/e.csv"), "new_songs.embeddings.timbre", "environment variable that is not set"),
        ({"new_songs": {"embeddings": "new.csv"}}, "new_songs.embeddings", "not a mapping of the names of embeddings"),
        ({"new_songs": {"columns": {"song": "x"}}}, "new_songs.columns.song", "did you mean 'song_id'?"),
        ({"warm": {"held_out": 1.0}}, "warm.held_out", "not a share above 0 and below 1"),
        ({"warm": {"neighbors": 5}}, "warm.neighbors", "did you mean 'neighbours'?"),
    ],
)
def test_mistakes_are_told(overlay, path, words):
    with pytest.raises(SettingsError) as error:
        check(overlaid(overlay))
    [mistake] = error.value.mistakes
    assert mistake.startswith(f"{path}: ")
    assert words in mistake


def test_a_compressed_files_delimiter_is_that_of_its_name():
    assert check(overlaid(one(path="timbre.tsv.gz")))["embeddings"]["timbre"]["delimiter"] is None
    assert check(overlaid(one(path="timbre.dat", delimiter=";")))["embeddings"]["timbre"]["delimiter"] == ";"


def test_a_new_table_is_read_as_that_of_the_run_and_may_be_of_another_format():
    tables = [("timbre.csv", None, "new.tsv.gz"), ("timbre.csv", ";", "new.parquet"), ("timbre.pq", None, "new.csv")]
    for path, delimiter, later in tables:
        checked = check(overlaid(new(timbre=later), one(path=path, delimiter=delimiter)))
        assert checked["new_songs"]["embeddings"] == {"timbre": later}
    assert check(overlaid(new(timbre="e.csv"), new(timbre=None)))["new_songs"]["embeddings"] == {}


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SettingsError, match=r"embeddings\.timbre\.path: there is no"):
        check_files(check(overlaid(one(path=str(tmp_path / "gone.csv")))))
    (tmp_path / "e.csv").touch()
    later = {"new_songs": {"embeddings": {"timbre": str(tmp_path / "gone.csv")}}}
    own = {"world": None, "plays": {"path": str(tmp_path / "e.csv"), "songs": {"path": None}}}
    with pytest.raises(SettingsError) as error:
        check_files(check(overlaid(own, one(path=str(tmp_path / "e.csv")), later)))
    assert [mistake.partition(":")[0] for mistake in error.value.mistakes] == ["new_songs.embeddings.timbre"]


def test_the_warm_evaluation_may_be_left_out():
    assert check(overlaid({"warm": None}))["warm"] is None
    assert check(overlaid({"warm": "null"}))["warm"] is None  # as --config hands it over


def test_the_control_differs_from_its_preset_in_name_words_and_shuffling_alone(monkeypatch):
    monkeypatch.setenv("COLDWAVE_DATA", "/data")
    preset, control = (
        (ROOT / "presets" / f"{name}.yaml").read_text() for name in ("msd-timbre", "msd-timbre-shuffled")
    )
    real, dealt = check(overlaid(preset)), check(overlaid(preset, control))
    assert real["embeddings"]["timbre"].pop("shuffle") is False
    assert dealt["embeddings"]["timbre"].pop("shuffle") is True
    assert {key for key in real if real[key] != dealt[key]} == {"run", "data_note"}
    hearing = [model for model in real["models"].values() if "features" in model]
    assert {model["features"] for model in hearing} == {"timbre"}
    assert {model["kind"] for model in hearing} == {"knn", "mlr", "linear", "mlp"}
