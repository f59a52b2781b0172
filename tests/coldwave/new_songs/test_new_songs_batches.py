"""Batches: what is kept comes back, the newest wins, and what was placed by another run does not count."""

import json

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from coldwave.command.first_run import ROOT
from coldwave.errors import InputError
from coldwave.files import write_table
from coldwave.new_songs.batches import (
    SONGS,
    VECTORS,
    check_name,
    held,
    learnt_digest,
    read_batches,
    read_new_songs_of,
    valid_batches,
    vectors_table,
)
from coldwave.new_songs.identity import made_of, unchanged
from coldwave.new_songs.reading import NEW_SONGS
from coldwave.new_songs.state import NAME, check_source, songs_state
from coldwave.use.files import RunFiles
from tests.coldwave.use.small_runs import write_run

LINEAR = ("predictions", "linear", 3)


def songs_table(status: dict[str, str], batch: str) -> pl.DataFrame:
    rows = [
        {"song_id": name, "title": batch, "tags": [], "status": said, "batch": batch} for name, said in status.items()
    ]
    return pl.DataFrame([dict.fromkeys(SONGS) | row for row in rows], schema=SONGS)


def write_batch(run, name: str, made: str, status: dict[str, str], vectors: dict, models=("linear",)) -> None:
    """Write what a batch holds; ``vectors`` are those of the songs that are ok, in order."""
    songs, folder = songs_table(status, name), run.folder / "new_songs" / name
    write_table(folder / "songs.parquet", songs, SONGS)
    write_table(folder / "vectors.parquet", vectors_table(songs.filter(status="ok"), vectors), VECTORS)
    info = {"made": made, "source": f"{name}.csv", "models": list(models), "learnt": learnt_digest(run, models)}
    (folder / "batch.json").write_text(json.dumps(info))


@pytest.fixture
def run(tmp_path):
    return RunFiles(write_run(tmp_path / "results/small"))


def test_what_batches_hold_comes_back_and_the_newest_wins(run):
    old = {LINEAR: np.array([[1, 2], [3, 4]], np.float32), ("features", "bow", None): np.ones((2, 3), np.float32)}
    write_batch(run, "z_older", "2026-01-01", {"a": "ok", "b": "ok", "bad": "silent"}, old)
    new = {LINEAR: np.array([[5, 6], [np.nan, np.nan]], np.float32)}
    write_batch(run, "a_newer", "2026-01-02", {"b": "ok", "c": "ok", "a": "placed"}, new)
    assert [batch.name for batch in read_batches(run.folder)] == ["z_older", "a_newer"]
    write_batch(run, "newest", "2026-01-03", {"b": "unreadable", "bad": "unreadable"}, {})
    songs, vectors = read_new_songs_of(valid_batches(run, ["linear"]))
    assert dict(songs.select("song_id", "batch").iter_rows()) == {
        "a": "z_older", "bad": "newest", "b": "a_newer", "c": "a_newer",
    }  # fmt: skip
    place = {song_id: number for number, song_id in enumerate(songs["song_id"])}
    assert vectors[LINEAR][place["a"]].tolist() == [1, 2]
    assert vectors[LINEAR][place["b"]].tolist() == [5, 6]
    assert np.isnan(vectors[LINEAR][[place["c"], place["bad"]]]).all()
    bow = vectors["features", "bow", None]
    assert bow[place["a"]].tolist() == [1, 1, 1] and np.isnan(bow[place["b"]]).all()
    assert held([]).is_empty() and read_new_songs_of([]).vectors == {}


def test_a_batch_counts_only_for_the_run_that_placed_it_and_for_its_models(run):
    vectors = {LINEAR: np.ones((1, 2), np.float32)}
    write_batch(run, "one", "2026-01-01", {"a": "ok"}, vectors)
    assert [batch.name for batch in valid_batches(run)] == ["one"]
    assert valid_batches(run, ["linear", "knn"]) == []
    run.outputs["models/linear/3.safetensors"] = "another"
    assert valid_batches(run) == []
    del run.outputs["models/linear/3.safetensors"]
    run.outputs["models/metric/3.safetensors"] = run.outputs["tables/tags.parquet"] = "another"
    assert len(valid_batches(run)) == 1, "the batch was placed without it"
    run.config["models"]["linear"]["refit"] = True
    assert valid_batches(run) == []


def test_a_damaged_batch_is_told(run):
    write_batch(run, "one", "2026-01-01", {"a": "ok"}, {LINEAR: np.ones((1, 2), np.float32)})
    (run.folder / "new_songs/one/batch.json").write_text("{")
    with pytest.raises(InputError, match=r"one/batch\.json: damaged .*delete this folder"):
        read_batches(run.folder)


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "ä", "a b", "monday\n"])
def test_a_name_that_names_no_folder_is_refused(name):
    with pytest.raises(InputError, match="make the name of a batch"):
        check_name(name)


def test_the_workflow_takes_the_same_names():
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
    assert schema["properties"]["new_songs"]["properties"]["batch"]["pattern"] == rf"^{NAME.pattern}$(?!\n)"


def test_a_batch_of_another_table_is_not_replaced(run, monkeypatch):
    write_batch(run, "one", "2026-01-01", {"a": "ok"}, {LINEAR: np.ones((1, 2), np.float32)})
    monkeypatch.chdir(run.root)
    check_source(run.folder, "one", "one.csv")
    check_source(run.folder, "other", "two.csv")
    with pytest.raises(InputError, match=r"one holds the songs of one\.csv, and two\.csv is asked for"):
        check_source(run.folder, "one", "two.csv")
    monkeypatch.chdir(run.folder)  # a relative path is another one here
    check_source(run.folder, "one", run.root / "one.csv")
    check_source(run.folder, "one", "../../one.csv")
    with pytest.raises(InputError, match=r"one holds the songs of one\.csv, and one\.csv is asked for"):
        check_source(run.folder, "one", "one.csv")


@given(st.sampled_from(["title", "artist", "tags", "seconds"]))
def test_a_song_is_the_same_unless_its_row_audio_or_embedding_changes(column):
    row = dict.fromkeys(NEW_SONGS) | {"song": 0, "song_id": "a", "tags": ["x"], "audio": "a.ogg"}
    other = {"title": "b", "artist": "b", "tags": ["x", "y"], "seconds": 1.5}
    songs, renamed = (pl.DataFrame([one], schema=NEW_SONGS) for one in (row, row | {column: other[column]}))
    numbers = {"timbre": np.array([[1.0, 2.0]])}
    first = made_of(songs, {"a.ogg": "1"}, numbers).item()
    assert made_of(songs.with_columns(song=pl.lit(7, pl.UInt32)), {"a.ogg": "1", "c.ogg": "2"}, numbers).item() == first
    assert made_of(renamed, {"a.ogg": "1"}, numbers).item() != first
    moved = songs.with_columns(audio=pl.lit("new/b.ogg"))
    assert made_of(moved, {"new/b.ogg": "1"}, numbers).item() == first
    assert made_of(songs, {"a.ogg": "2"}, numbers).item() != first
    assert made_of(songs, {"a.ogg": "1"}, {"timbre": np.array([[1.0, 3.0]])}).item() != first
    fewer = (
        made_of(songs, None, {}).item(),
        made_of(moved, None, numbers).item(),
        made_of(songs, {"a.ogg": "1"}, {}).item(),
    )
    assert all(unchanged(one, first) and not unchanged(first, one) for one in fewer), "fewer models need less of it"
    assert not unchanged(made_of(renamed, None, {}).item(), first)
    assert not unchanged(made_of(songs, {"a.ogg": None}, {}).item(), first)


def test_the_state_of_a_table_is_that_of_the_audio_that_it_names(tmp_path):
    table, audio = tmp_path / "new.csv", tmp_path / "a.ogg"
    table.write_text("song_id,audio\na,a.ogg\n")
    missing = songs_state(str(table), {})
    audio.write_text("1")
    there = songs_state(str(table), {})
    (tmp_path / "b.ogg").write_text("1")
    assert missing != there == songs_state(str(table), {})
    audio.write_text("12")
    assert songs_state(str(table), {}) != there
    assert songs_state(str(tmp_path), {}) != there, "a folder has that of all its files"
    assert songs_state(str(tmp_path / "gone.csv"), {}) == "not read yet"
