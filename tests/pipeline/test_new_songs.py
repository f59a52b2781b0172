"""The target `predict_new`: a finished run places songs that came later, and learns nothing again."""

import datetime
import json
import os
import re
import shutil
from collections import Counter

import numpy as np
import polars as pl
import pytest
import yaml
from dry_runs import ROOT, TINY
from rerun_table import CASES, overlay
from safetensors.numpy import load_file
from snakemake.utils import update_config

import coldwave
from coldwave.command.cli import main
from coldwave.errors import InputError
from coldwave.new_songs import hearing
from coldwave.new_songs.placing import place_batch
from coldwave.new_songs.wanted import Wanted
from workflow.kinds import KINDS
from workflow.learnt import NotLearntError, check_learnt
from workflow.settings import check

SEED = 3
MODELS = ["knn", "mlr", "linear", "mlp", "names", "cnn_mse", "names_and_linear"]
BY_NAMES = {"names", "names_and_linear"}
NEW = {
    "new_songs": {"path": "new.csv", "users": 4, "neighbours": 3, "batch": "first"},
    "models": {"cnn_wpe": None},  # as cnn_mse
}
TARGET = ["predict_new"]
TABLES = [f"{name}.{suffix}" for name in ("songs", "users", "neighbours") for suffix in ("parquet", "csv", "md")]


def write_songs(place, songs: pl.DataFrame, ids: list[str]) -> None:
    """Bring some songs of the tiny catalogue as new ones: copies of their files, under other ids and names."""
    (place.folder / "brought").mkdir(exist_ok=True)
    named = songs.select("title", "artist", "album", "date", pl.Series("song_id", ids))
    for name, audio in zip(ids, songs["audio"], strict=True):
        shutil.copyfile(place.folder / audio, place.folder / f"brought/{name}.flac")
    (place.folder / "brought/bad.flac").write_text("no music at all")
    bad = pl.DataFrame({"song_id": ["bad"], "title": ["Bad"], "artist": [None], "album": [None], "date": [None]})
    table = pl.concat([named.select(bad.columns), bad.cast(pl.String)])
    table.with_columns(audio=pl.format("brought/{}.flac", "song_id")).write_csv(place.folder / "new.csv")


def vectors_of(place, batch: str, name: str, of: str = "predictions") -> dict[str, np.ndarray]:
    """The vectors of a batch by one model, or its features, by song id."""
    rows = place.table(f"new_songs/{batch}/vectors.parquet").filter(of=of, name=name)
    return {song_id: np.array(vector, np.float32) for song_id, vector in rows.select("song_id", "vector").iter_rows()}


def content(place, batch: str) -> dict[str, bytes]:
    """All files of a batch."""
    return {path.name: path.read_bytes() for path in sorted((place.results / "new_songs" / batch).iterdir())}


@pytest.fixture(scope="module")
def predicted(tiny, tmp_path_factory):
    """The tiny run after it has placed copies of its test songs, and a file that is no audio; and the outcome."""
    place = tiny.copy(tmp_path_factory.mktemp("new_songs") / "copy")
    shutil.rmtree(place.folder / "cache")  # or their log-mels would be those of the catalogue
    test = np.sort(place.part("test"))[:5]
    songs = place.table("plays/songs.parquet")[test]
    write_songs(place, songs, [f"new {song}" for song in range(5)])
    outcome = place.make(targets=TARGET, overlay=NEW)
    return place, outcome, test


def test_one_job_does_it_says_little_and_last_where_the_tables_are(predicted):
    place, outcome, _ = predicted
    assert outcome.done == ["place_new_songs"]
    lines = outcome.output.splitlines()
    assert len(lines) < 15
    assert lines[-1] == "New songs: results/tiny/new_songs/first/songs.md"
    assert {path.name for path in (place.results / "new_songs/first").iterdir()} == {
        *TABLES, "vectors.parquet", "rejected.parquet", "batch.json",
    }  # fmt: skip
    info = json.loads((place.results / "new_songs/first/batch.json").read_text())
    assert (info["songs"], info["earlier"], info["set_aside"], info["models"]) == (5, 0, 1, MODELS)


def test_new_songs_are_predicted_as_the_same_files_are_in_the_catalogue(predicted):
    place, _, test = predicted
    ids = [f"new {song}" for song in range(5)]
    songs = place.table("new_songs/first/songs.parquet")
    assert songs["song_id"].to_list() == ["bad", *ids]
    features = vectors_of(place, "first", "bow", "features")
    assert np.stack([features[song_id] for song_id in ids]) == pytest.approx(place.array("bow/features.npy")[test])
    for model in MODELS:
        new = vectors_of(place, "first", model)
        known = place.array(f"predictions/{model}/{SEED}.npy")[test]
        assert np.stack([new[song_id] for song_id in ids]) == pytest.approx(known, rel=1e-5, abs=1e-5)
        assert np.ptp(known, axis=0).max() > 1e-3 or model == "names", "they differ from song to song"


def test_a_bad_file_is_set_aside_with_its_reason(predicted):
    place, outcome, _ = predicted
    songs = place.table("new_songs/first/songs.parquet")
    assert songs["status"].to_list() == ["unreadable"] + ["ok"] * 5
    assert set(songs["batch"]) == {"first"}
    assert "bad was not heard: unreadable" in outcome.output
    with_vector = {model for model in MODELS if "bad" in vectors_of(place, "first", model)}
    assert with_vector == BY_NAMES
    tensors = load_file(place.results / f"models/names_and_linear/{SEED}.safetensors")
    everything = tensors["means"][1] @ tensors["back"] + tensors["mean"]  # it names no artist
    for model in BY_NAMES:
        assert vectors_of(place, "first", model)["bad"] == pytest.approx(everything, rel=1e-4, abs=1e-5)


def test_users_and_neighbours_are_those_of_plain_arithmetic(predicted):
    place, _, _ = predicted
    listed, near = (place.table(f"new_songs/first/{name}.parquet") for name in ("users", "neighbours"))
    user_ids, song_ids = (place.table(f"plays/{name}s.parquet")[f"{name}_id"].to_list() for name in ("user", "song"))
    titles = dict(place.table("plays/songs.parquet").select("song_id", "title").iter_rows())
    assert set(listed["model"]) == set(near.filter(by="usage")["name"]) == set(MODELS)
    assert set(listed["seed"]) == {SEED}
    marked = 0
    for model in MODELS:
        own = place.results / f"predictions/{model}/{SEED}.users.npy"
        users = np.load(own if own.is_file() else place.results / "wmf/user_factors.npy").astype(np.float64)
        known, new = (
            place.array(f"predictions/{model}/{SEED}.npy").astype(np.float64),
            vectors_of(place, "first", model),
        )
        every, ids = np.vstack((known, *new.values())), [*song_ids, *new]
        patterns = every @ users.T
        lengths = np.linalg.norm(patterns, axis=1)
        scores = known @ users.T
        for song_id, vector in new.items():
            lift = (users @ vector - scores.mean(axis=0)) / scores.std(axis=0)
            rows = listed.filter(model=model, song_id=song_id)
            assert rows["rank"].to_list() == [1, 2, 3, 4]
            assert rows["lift"].to_numpy() == pytest.approx(
                np.sort(lift[np.isfinite(lift)])[::-1][:4], rel=1e-4, abs=1e-6
            )
            places = [user_ids.index(user) for user in rows["user_id"]]
            assert rows["score"].to_numpy() == pytest.approx(users[places] @ vector, rel=1e-4, abs=1e-6)

            cosines = patterns @ (users @ vector) / (lengths * np.linalg.norm(users @ vector))
            cosines[ids.index(song_id, len(song_ids))] = -2  # the song itself
            rows = near.filter(by="usage", name=model, song_id=song_id)
            assert rows["cosine"].to_numpy() == pytest.approx(np.sort(cosines)[::-1][:3], abs=5e-6)
            for other, title, batch, cosine in rows.select(
                "neighbour_id", "neighbour_title", "neighbour_batch", "cosine"
            ).iter_rows():
                assert cosines[ids.index(other, len(song_ids) if batch else 0)] == pytest.approx(cosine, abs=5e-6)
                assert batch == "first" or title == titles[other]
                marked += batch is not None
    assert marked, "new songs are neighbours of each other"


def test_the_tables_are_the_same_for_programs_and_people(predicted):
    place, _, _ = predicted
    for name in ("songs", "users", "neighbours"):
        table, folder = place.table(f"new_songs/first/{name}.parquet"), place.results / "new_songs/first"
        assert pl.read_csv(folder / f"{name}.csv").height == table.height
        text = (folder / f"{name}.md").read_text()
        assert f"{name}.csv" in text and text.count("\n|") == 2 + min(20, len(table.unique(
            [column for column in ("song_id", "by", "name", "model", "seed") if column in table.columns])))  # fmt: skip


def test_a_second_call_does_nothing_whatever_would_be_learnt_again(predicted):
    place, _, _ = predicted
    assert place.plan() == {}, "the run itself is left alone"
    other = {"wmf": {"alpha": 3.0}, "bow": {"variance": 0.9}, "split": {"test": 7}}
    assert place.plan(targets=TARGET, overlay=NEW | other) == {}
    file = place.folder / "brought/new 3.flac"
    time = file.stat().st_mtime_ns
    file.touch()
    assert place.plan(targets=TARGET, overlay=NEW) == {"place_new_songs": 1}, "it reads the file, and finds it the same"
    os.utime(file, ns=(time, time))


def test_a_batch_is_named_by_the_day_unless_it_has_a_name(predicted):
    place, _, _ = predicted
    before = datetime.date.today()
    outcome = place.snakemake("--dry-run", targets=TARGET, overlay=NEW | {"new_songs": {"path": "new.csv"}})
    assert any(f"new_songs/{day}/songs.md" in outcome.output for day in (before, datetime.date.today()))


def test_more_songs_in_a_batch_and_in_the_next_one(predicted, tmp_path):
    place = predicted[0].copy(tmp_path / "copy")
    test, before = np.sort(place.part("test")), vectors_of(place, "first", "linear")
    songs = place.table("plays/songs.parquet")[test]

    def heard(batch):
        log = (place.results / f"logs/place_new_songs/{batch}.log").read_text()
        return re.findall(r"songs heard: (\d+) \((\d+) from the cache\)", log)

    write_songs(place, songs, [f"new {song}" for song in range(6)])
    assert place.make(targets=TARGET, overlay=NEW).done == ["place_new_songs"]
    assert heard("first") == [("7", "5")]  # the sixth, and what cannot be decoded, which is not kept
    after = vectors_of(place, "first", "linear")
    assert after["new 5"] == pytest.approx(place.array(f"predictions/linear/{SEED}.npy")[test[5]], rel=1e-5, abs=1e-5)
    assert all(np.array_equal(after[song_id], vector) for song_id, vector in before.items())

    kept = content(place, "first")
    shutil.copyfile(place.folder / "brought/new 0.flac", place.folder / "brought/new 4.flac")
    table = pl.read_csv(place.folder / "new.csv")
    renamed = pl.when(song_id="new 2").then(pl.lit("Renamed")).otherwise("title").alias("title")
    table.with_columns(renamed).write_csv(place.folder / "new.csv")
    outcome = place.make(targets=TARGET, overlay=NEW | {"new_songs": NEW["new_songs"] | {"batch": "second"}})
    assert "4 songs were placed in batch first" in outcome.output
    assert content(place, "first") == kept
    listed = place.table("new_songs/second/songs.parquet")
    expected = {"bad": ("unreadable", "second"), "new 2": ("ok", "second"), "new 4": ("ok", "second")}
    expected = {f"new {song}": ("placed", "first") for song in (0, 1, 3, 5)} | expected
    assert {row[0]: row[1:] for row in listed.select("song_id", "status", "batch").iter_rows()} == expected
    near = place.table("new_songs/second/neighbours.parquet").filter(by="sound", song_id="new 4", rank=1)
    assert near["cosine"].item() == pytest.approx(1, abs=1e-5)  # it has the audio of another
    others = place.table("new_songs/second/neighbours.parquet").select("neighbour_id", "neighbour_batch").unique()
    assert ("new 0", "first") in others.rows()
    assert not {("new 2", "first"), ("new 4", "first")} & set(others.rows()), "the newest wins"

    run = coldwave.load(place.results)
    assert dict(run.new_songs.filter(song_id="new 2").select("song_id", "title").iter_rows()) == {"new 2": "Renamed"}
    found = run.recommend_new(run.files.busiest_user, model="linear", n=10, per_artist=None)
    vectors = vectors_of(place, "first", "linear") | vectors_of(place, "second", "linear")
    user = run.files.array("wmf/user_factors.npy")[run.files.user(run.files.busiest_user)]
    assert set(found.table["song_id"]) < set(vectors)
    for song_id, score in found.table.select("song_id", "score").iter_rows():
        assert score == pytest.approx(float(user @ vectors[song_id]), rel=1e-4, abs=1e-6)

    outcome = place.snakemake(targets=TARGET, overlay=NEW | {"new_songs": NEW["new_songs"] | {"path": "brought"}})
    assert "new_songs/first holds the songs of new.csv, and brought is asked for" in outcome.output
    assert not outcome.done and content(place, "first") == kept


def test_what_a_killed_job_has_heard_is_not_heard_again(predicted, tmp_path, monkeypatch, caplog):
    place = predicted[0].copy(tmp_path / "copy")
    monkeypatch.chdir(place.folder)
    monkeypatch.setattr(hearing, "AT_ONCE", 2)
    cache, wanted = tmp_path / "cache", Wanted(place.folder / "new.csv", models=["linear"])
    batch = next((place.results / "new_songs").iterdir())
    shutil.rmtree(batch)
    predict, asked = hearing.predict, []

    def killed(heard, model):
        asked.append(heard)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return predict(heard, model)

    monkeypatch.setattr(hearing, "predict", killed)
    with pytest.raises(KeyboardInterrupt):
        place_batch(place.results, "killed", wanted, cache)
    assert not list(place.results.glob("new_songs/killed/*"))
    monkeypatch.setattr(hearing, "predict", predict)
    caplog.set_level("INFO")
    placed = place_batch(place.results, "killed", wanted, cache)
    assert placed.info["songs"] == 5
    (from_cache,) = re.findall(r"songs heard: 6 \((\d) from the cache\)", caplog.text)
    assert int(from_cache) >= 4


def test_the_command_places_the_same_batch_and_uses_it(predicted, tmp_path, monkeypatch, capsys):
    place = predicted[0].copy(tmp_path / "copy")
    monkeypatch.chdir(place.folder)
    (place.results / "new_songs/first").rename(place.results / "by_workflow")
    assert main(["place", "new.csv", "--batch", "first", "--run", "tiny", "-n", "3"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == "New songs: results/tiny/new_songs/first/songs.md"
    one = place.table("by_workflow/vectors.parquet")
    two = place.table("new_songs/first/vectors.parquet").filter(pl.col("name") != "cnn_wpe")  # of the run, not NEW
    assert one.equals(two)
    assert main(["results", "tiny", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["batches"]
    assert (told["batch"], told["songs"], told["set_aside"]) == ("first", 5, 1)
    assert main(["results", "tiny"]) == 0
    assert re.search(r"^first +\S+ +5 +1 +results/tiny/new_songs/first$", capsys.readouterr().out, re.MULTILINE)
    assert main(["recommend", "--busiest", "--new", "--run", "tiny", "-n", "2", "--out", "mix.m3u8"]) == 0
    assert (place.folder / "mix.m3u8").read_text().count("\nbrought/new") == 2
    with pytest.raises(InputError, match="results/tiny/new_songs/first holds the songs of new.csv"):
        place_batch(place.results, "first", Wanted(place.folder / "brought"), tmp_path / "cache")
    assert main(["place", "brought", "--run", "tiny"]) == 1
    assert "brought: a folder; give its songs a name with --batch NAME" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"run": "other"}, "results/other: the run is not finished"),
        ({"new_songs": {"path": None}}, "new_songs.path is null"),
    ],
    ids=str,
)
def test_what_was_not_learnt_is_refused_before_any_job(change, told, predicted):
    place, _, _ = predicted
    outcome = place.snakemake(targets=TARGET, overlay=NEW | change)
    assert outcome.status == 1
    assert told in outcome.output
    assert not outcome.done
    assert not (place.folder / "results/other").exists()


MODEL_CASES = {
    key: (value, change)
    for key, value, change in CASES
    if key.startswith("models.<") and change.base == "tiny" and not key.endswith((".kind", ".features"))
}


def test_a_changed_model_is_refused_where_its_learning_would_run_again(tiny):
    """By the table of what reads each key, to which Snakemake is held. Where a network is trained is left out."""
    found = {}
    for key, (value, change) in MODEL_CASES.items():
        config = yaml.safe_load((ROOT / "config.yaml").read_text())
        for laid in (yaml.safe_load(TINY.read_text()), overlay(key, value, change)):
            update_config(config, laid)
        try:
            check_learnt(str(tiny.results), check(config), MODELS, [])
            found[key] = False
        except NotLearntError as error:
            found[key] = f".{key.rpartition('.')[2]}: " in str(error)
    learnt = {key: case for key, case in MODEL_CASES.items() if key.split(".")[1] not in ("<planted>", "<usage>")}
    assert not any(found[key] for key in set(found) - set(learnt)), "references are not for new songs"
    found = {key: found[key] for key in learnt}
    expected = {key: bool(change.readers) for key, (_, change) in learnt.items()}
    assert found == expected | {f"models.<cnn>.{key}": False for key in KINDS["cnn"].machine}
    assert Counter(expected.values()) == {True: len(expected) - 3, False: 3}


@pytest.mark.parametrize(("setting", "accepted"), [("temperature", True), ("weight_decay", False)])
def test_a_changed_setting_is_refused_only_where_it_has_an_effect(setting, accepted, predicted):
    place, _, _ = predicted
    changed = NEW | {"models": NEW["models"] | {"cnn_mse": {setting: 0.5}}}  # its objective reads no temperature
    outcome = place.snakemake("--dry-run", targets=TARGET, overlay=changed)
    assert (outcome.status == 0) == accepted
    if accepted:
        assert outcome.jobs == {}
    else:
        assert f"models.cnn_mse.{setting}: 0.5, but the run was made with 0.0" in outcome.output
