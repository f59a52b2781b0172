"""Batches placed by a small run that hears files and takes an embedding: what each holds, again and again."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import yaml

from coldwave.command.cli import main
from coldwave.files import write_array
from coldwave.new_songs.batches import read_batches, read_new_songs_of, valid_batches
from coldwave.new_songs.placing import place_batch
from coldwave.new_songs.wanted import Wanted
from coldwave.use.files import RunFiles
from tests.coldwave.use.heard_runs import AUDIO
from tests.coldwave.use.small_runs import MODELS, SEED, write_run

WORDS, FEATURES = 12, 10
NAMES = [f"x{column}" for column in range(FEATURES)]
NEW_SONGS = {"users": 4, "neighbours": 3, "id_from": "path"}


def sound(path: Path, pitch: float) -> None:
    times = np.arange(2 * 22050) / 22050
    soundfile.write(path, np.sin(2 * np.pi * pitch * times) * np.linspace(0.2, 0.9, len(times)), 22050)


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """A folder, the current one, with the run results/small and the new songs a and b."""
    given = {"given": {"kind": "linear", "features": "table", "refit": False}}
    run = write_run(tmp_path / "results/small", models={"linear": MODELS["linear"], **given})
    rng = np.random.default_rng(5)
    for name, shape in (("codebook", (WORDS, 39)), ("pca_components", (FEATURES, WORDS))):
        write_array(run / f"bow/{name}.npy", rng.normal(size=shape).astype(np.float32))
    write_array(run / "bow/frame_scale.npy", np.full(39, 10, dtype=np.float32))
    write_array(run / "bow/pca_mean.npy", np.full(WORDS, 1 / WORDS, dtype=np.float32))
    (run / "embeddings").mkdir()
    pl.DataFrame({"column": NAMES}).write_parquet(run / "embeddings/table.columns.parquet")
    write_array(run / "embeddings/table.features.npy", np.load(run / "bow/features.npy"))
    for name, value in (("mean", 0.0), ("scale", 1.0)):
        write_array(run / f"embeddings/table.{name}.npy", np.full(FEATURES, value))
    record = json.loads((run / "provenance.json").read_text())
    config = yaml.safe_load(record["config"]) | {
        "audio": AUDIO | {"offset": 0.0},
        "bow": {"coefficients": 13},
        "cache": "cache",
    }
    config |= {"new_songs": NEW_SONGS, "embeddings": {"table": {"song": "song_id", "delimiter": None}}}
    (run / "provenance.json").write_text(json.dumps(record | {"config": yaml.safe_dump(config)}))
    monkeypatch.chdir(tmp_path)
    Path("new").mkdir()
    for name, pitch in (("a", 440), ("b", 1500)):
        sound(tmp_path / f"new/{name}.wav", pitch)
    return tmp_path


def put(batch: str, **wanted) -> dict[str, tuple[str, str]]:
    """Place the songs of new/ as a batch, and give each song's status and batch."""
    if "embeddings" in wanted:
        numbers = pl.DataFrame(np.random.default_rng(3).normal(size=(2, FEATURES)), schema=NAMES)
        numbers.with_columns(song_id=pl.Series(["a.wav", "b.wav"])).write_csv("table.csv")
    placed = place_batch("results/small", batch, Wanted(Path("new"), NEW_SONGS, **wanted), Path("cache"))
    songs = placed.songs()
    return {Path(row[0]).stem: row[1:] for row in songs.select("song_id", "status", "batch").iter_rows()}


def known() -> set[str]:
    """The new songs that the run knows, each with a prediction."""
    songs, vectors = read_new_songs_of(valid_batches(RunFiles("results/small"), ["linear"]))
    there = np.isfinite(vectors["predictions", "linear", SEED]).all(axis=1)
    return {Path(song_id).stem for song_id in songs.filter(there, status="ok")["song_id"]}


def test_a_batch_of_more_models_holds_the_songs_of_one_of_fewer(place):
    tables = {"table": {"song": "song_id", "delimiter": None, "path": "table.csv"}}
    assert put("all", embeddings=tables) == {"a": ("ok", "all"), "b": ("ok", "all")}
    before = {"a": ("placed", "all"), "b": ("placed", "all")}
    assert put("heard") == before
    assert put("numbers", embeddings=tables, models=["given"]) == before
    sound(place / "new/b.wav", 880)
    assert put("heard") == before | {"b": ("ok", "heard")}


def test_the_source_is_kept_as_it_is_from_the_runs_root(place, monkeypatch):
    put("one")
    monkeypatch.chdir(place / "new")
    place_batch(place / "results/small", "two", Wanted(Path("../new"), NEW_SONGS), place / "cache")
    sources = {batch.name: batch.info["source"] for batch in read_batches(place / "results/small")}
    assert sources == {"one": "new", "two": str(place / "new")}


@pytest.mark.parametrize(("options", "users", "neighbours"), [([], 4, 3), (["-n", "2"], 2, 2)])
def test_the_command_lists_as_many_as_the_config_says_unless_told(options, users, neighbours, place):
    assert main(["place", "new", "--run", "small", "--batch", "one", *options]) == 0
    listed, near = (pl.read_parquet(f"results/small/new_songs/one/{name}.parquet") for name in ("users", "neighbours"))
    assert listed["rank"].max() == users and near["rank"].max() == neighbours


def test_a_batch_placed_again_keeps_the_songs_that_another_batch_names(place, caplog):
    caplog.set_level("INFO")
    put("monday")
    vectors = pl.read_parquet("results/small/new_songs/monday/vectors.parquet")
    sound(place / "new/c.wav", 700)
    assert put("tuesday") == {"a": ("placed", "monday"), "b": ("placed", "monday"), "c": ("ok", "tuesday")}
    (place / "new/a.wav").rename(place / "a.wav")
    assert put("monday") == {"a": ("ok", "monday"), "b": ("ok", "monday"), "c": ("placed", "tuesday")}
    assert "1 songs of the batch are no longer in new and are kept" in caplog.text
    after = pl.read_parquet("results/small/new_songs/monday/vectors.parquet")
    assert after.drop("vector").equals(vectors.drop("vector")) and len(vectors) == 4
    assert after.filter(song_id="a.wav").equals(vectors.filter(song_id="a.wav"))
    for one, other in zip(after["vector"], vectors["vector"], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert set(pl.read_parquet("results/small/new_songs/monday/users.parquet")["song_id"]) == {"a.wav", "b.wav"}
    assert known() == {"a", "b", "c"}
    (place / "new/b.wav").rename(place / "new/d.wav")
    assert put("wednesday") == {"c": ("placed", "tuesday"), "d": ("ok", "wednesday")}
    (place / "new/d.wav").rename(place / "new/e.wav")
    assert put("wednesday") == {"c": ("placed", "tuesday"), "e": ("ok", "wednesday")}, "nobody names d: it may go"
    assert known() == {"a", "b", "c", "e"}


def test_the_songs_of_a_deleted_batch_are_placed_again_with_the_next(place):
    put("monday")
    put("tuesday")
    shutil.rmtree("results/small/new_songs/monday")
    assert put("wednesday") == {"a": ("ok", "wednesday"), "b": ("ok", "wednesday")}
    assert put("tuesday") == {"a": ("placed", "wednesday"), "b": ("placed", "wednesday")}
    assert known() == {"a", "b"}


@pytest.mark.parametrize("batch", ["monday", "tuesday"])
def test_a_file_that_cannot_be_read_destroys_no_placement(batch, place):
    put("monday")
    (place / "new/a.wav").write_text("no music at all")
    found = put(batch)
    assert found["a"] == (("ok", "monday") if batch == "monday" else ("unreadable", "tuesday"))
    assert known() == {"a", "b"}
    sound(place / "new/b.wav", 880)
    put("wednesday")
    near = pl.read_parquet("results/small/new_songs/wednesday/neighbours.parquet").filter(by="sound")
    assert ("a.wav", "monday") in near.select("neighbour_id", "neighbour_batch").rows()


def test_the_command_places_by_one_model_alone(place, capsys):
    run = ["--run", "small", "--batch", "one", "--model"]
    assert main(["place", "new", *run, "given"]) == 1
    assert "model given needs the table of the new songs' embeddings.table" in capsys.readouterr().err
    numbers = pl.DataFrame(np.ones((2, FEATURES)), schema=NAMES).with_columns(song_id=pl.Series(["a.wav", "b.wav"]))
    numbers.write_csv("table.csv")
    assert main(["place", "new", *run, "given", "--embedding", "table=table.csv"]) == 0
    assert [batch.info["models"] for batch in read_batches("results/small")] == [["given"]]
    assert main(["place", "new", *run, "other"]) == 1
    assert "the run has no model 'other'" in capsys.readouterr().err
