"""A run without any audio, on embeddings that a user brings: what a change of one reruns, and songs that come later."""

import re

import numpy as np
import polars as pl
import pytest
from plans import AFTER_LEARNING, ANALYSED, EXAMPLES, SHOWN, WORTH

from coldwave.command.cli import main

MODELS = {
    "knn": {"kind": "knn", "features": "one"},
    "mlr": {"kind": "mlr", "features": "one", "relevant": 4, "strengths": [1.0]},
    "linear": {"kind": "linear", "features": "one", "strengths": [1.0]},  # with a choice, noise gives the mean
    "mlp": {"kind": "mlp", "features": "two", "hidden": [8], "epochs": 1},
    "names_and_linear": {"kind": "names", "audio": "linear"},
    **dict.fromkeys(["mean", "names", "popularity", "cnn_mse", "cnn_wpe"]),
}
BEHIND_ONE = {
    "read_embeddings": 1,
    "scale_embeddings": 1,
    "predict_knn": 1,
    "fit_mlr": 1,
    "predict_mlr": 1,
    "fit_linear": 1,
    "predict_linear": 1,
    "stack_names": 1,
    "predict_stacked_names": 1,
    "evaluate_model": 4,
    "map_songs": 1,  # of linear, the first that predicts factors
    "draw_map": 1,
    **ANALYSED,
    **EXAMPLES,
    **WORTH,
    **AFTER_LEARNING,
}


@pytest.fixture(scope="module")
def without_audio(tiny, home, tmp_path_factory):
    """A finished run on the tiny world's plays, two embeddings and nothing else; and the overlay that it ran with."""
    data = tmp_path_factory.mktemp("embeddings")
    ids = tiny.table("plays/songs.parquet")["song_id"]
    rng = np.random.default_rng(0)
    numbers = rng.standard_normal((len(ids), 6)).astype(np.float32)
    for name, table in {
        "one": pl.DataFrame({"id": ids, "embed": numbers.tolist()}),
        "two": pl.DataFrame({"id": ids} | {name: numbers[:, n] + 1 for n, name in enumerate("abc")}).head(-1),
    }.items():
        table.write_parquet(data / f"{name}.parquet")  # the second lacks the last song
    songs = pl.read_csv(tiny.results / "world/songs.csv")
    songs.drop("audio").write_csv(data / "songs.csv")
    plays = tiny.results / "world/train_triplets.txt"
    overlay = {
        "world": None,
        "plays": {"path": str(plays), "songs": {"path": str(data / "songs.csv")}, "songs_without_audio": "keep"},
        "embeddings": {name: {"path": str(data / f"{name}.parquet"), "song": "id"} for name in ("one", "two")},
        "models": MODELS,
        "warm": None,
        "audit": {"canary": []},
    }
    place = type(tiny)(tmp_path_factory.mktemp("without_audio"), home)
    outcome = place.make(overlay=overlay)
    return place, outcome, overlay, ids.to_list(), numbers


def test_no_audio_is_read_and_every_model_has_scores(without_audio):
    place, outcome, *_ = without_audio
    assert not {"shard_songs", "extract_log_mel", "index_audio", "learn_codebook"} & set(outcome.done)
    assert not (place.results / "audio").exists()
    assert not (place.results / "bow").exists()
    assert not (place.results / "tables/warm.md").exists()
    table = place.table("tables/recommendation.parquet")
    assert set(table["model"]) == {
        "random",
        "knn",
        "mlr",
        "linear",
        "mlp",
        "names_and_linear",
        "usage",
        "usage_in_sample",
    }
    assert place.plan(overlay=without_audio[2]) == {}


def test_the_page_lists_songs_and_says_that_none_can_be_played(without_audio):
    place, outcome, *_ = without_audio
    assert "cut_excerpts" in outcome.done and place.table("report/excerpts.parquet").is_empty()
    assert not place.table("report/recommended.parquet").is_empty()
    assert place.table("report/similar.parquet")["by"].unique().sort().to_list() == ["sound", "usage"]
    page = (place.results / "report/index.html").read_text()
    assert "No song can be played here, as this run reads no audio files." in page
    assert "data-song" not in page and 'id="excerpts"' not in page


def test_rows_are_the_songs_own_and_a_song_without_one_ranks_last(without_audio):
    place, _, _, ids, numbers = without_audio
    songs = place.table("plays/songs.parquet")["song_id"].to_list()
    order = [ids.index(song_id) for song_id in songs]
    assert np.array_equal(place.array("embeddings/one.npy"), numbers[order])
    two = place.array("embeddings/two.npy")
    lacking = songs.index(ids[-1])
    assert np.flatnonzero(np.isnan(two).any(axis=1)).tolist() == [lacking]
    assert np.flatnonzero(np.isnan(place.array("predictions/mlp/3.npy")).any(axis=1)).tolist() == [lacking]
    training = place.part("train")
    scaled = place.array("embeddings/one.features.npy")[training].astype(np.float64)
    assert scaled.mean(axis=0) == pytest.approx(0, abs=1e-6)
    assert scaled.std(axis=0) == pytest.approx(1, abs=1e-5)


def test_a_changed_embedding_reruns_its_own_models_alone(without_audio):
    place, _, overlay, *_ = without_audio
    one = overlay["embeddings"]["one"]
    changed = overlay | {"embeddings": overlay["embeddings"] | {"one": one | {"shuffle": True}}}
    assert place.plan(overlay=changed) == BEHIND_ONE
    changed = overlay | {"embeddings": overlay["embeddings"] | {"one": one | {"standardize": False}}}
    assert place.plan(overlay=changed) == {rule: n for rule, n in BEHIND_ONE.items() if rule != "read_embeddings"}
    unused = overlay | {"embeddings": overlay["embeddings"] | {"three": one}}
    assert place.plan(overlay=unused) in ({}, SHOWN)  # the page shows the config


def test_a_model_beside_audio_models_takes_an_embedding(tiny, without_audio):
    embeddings = without_audio[2]["embeddings"]
    added = {"kind": "linear", "features": "one"}
    planned = tiny.plan(overlay={"embeddings": embeddings, "models": {"brought": added}})
    assert planned == {
        "read_embeddings": 1,
        "scale_embeddings": 1,
        "fit_linear": 1,
        "predict_linear": 1,
        "evaluate_model": 1,
        **ANALYSED,
        **EXAMPLES,
        **WORTH,
        **AFTER_LEARNING,
    }


# Songs that come later


@pytest.fixture(scope="module")
def later(without_audio, tmp_path_factory):
    """The run after it has predicted its test songs as new ones; the outcome, their numbers, and the overlay.

    They have other ids, and the second table another format and another order of columns. The last has no row there.
    """
    first, _, overlay, ids, numbers = without_audio
    place = first.copy(tmp_path_factory.mktemp("later") / "copy")
    songs, test = place.table("plays/songs.parquet"), np.sort(place.part("test"))
    test = test[songs["song_id"][test] != ids[-1]]  # which one table lacks
    rows = numbers[[ids.index(song_id) for song_id in songs["song_id"][test]]]
    new_ids = [f"new {place}" for place in range(len(test))]
    named = songs[test].select("title", "artist", "album", "date", song_id=pl.Series(new_ids))
    named.write_csv(place.folder / "new.csv")
    one = pl.DataFrame({"id": [*new_ids, "other"], "embed": [*rows.tolist(), [0.0] * 6]})
    one.write_parquet(place.folder / "one.parquet")
    columns = {name: rows[:, "abc".index(name)] + 1 for name in "cab"}
    two = pl.DataFrame(columns | {"more": [9.0] * len(test), "id": new_ids})
    two.head(-1).write_csv(place.folder / "two.csv")
    new = {
        "path": "new.csv",
        "batch": "later",
        "users": 4,
        "neighbours": 3,
        "embeddings": {"one": "one.parquet", "two": "two.csv"},
    }
    overlay = overlay | {"new_songs": new}
    return place, place.make(targets=["predict_new"], overlay=overlay), test, overlay


def test_new_songs_need_no_audio_and_nothing_is_learnt(later):
    place, outcome, _, overlay = later
    assert outcome.done == ["place_new_songs"]
    assert place.plan(targets=["predict_new"], overlay=overlay) == {}
    assert place.plan(overlay=without(overlay, "new_songs")) == {}, "the run itself is left alone"


def without(overlay, section):
    return {name: value for name, value in overlay.items() if name != section}


@pytest.mark.parametrize("model", ["knn", "mlr", "linear", "mlp", "names_and_linear"])
def test_new_songs_are_predicted_as_the_same_numbers_are_in_the_run(model, later):
    place, _, test, _ = later
    rows = place.table("new_songs/later/vectors.parquet").filter(of="predictions", name=model)
    known = place.array(f"predictions/{model}/3.npy")[test]
    there = len(test) - (model == "mlp")  # it takes the second table
    assert rows["song_id"].to_list() == [f"new {song}" for song in range(there)]
    assert np.stack(rows["vector"].to_list()) == pytest.approx(known[:there], rel=1e-5, abs=1e-5)
    assert np.ptp(known, axis=0).max() > 1e-3, "they differ from song to song"


def test_the_command_takes_the_tables_by_name(later, tmp_path, monkeypatch, capsys):
    place = later[0].copy(tmp_path / "copy")
    monkeypatch.chdir(place.folder)
    (place.results / "new_songs/later").rename(place.results / "by_workflow")
    run = ["--run", "tiny", "--batch", "later"]
    assert main(["place", "new.csv", *run, "--embedding", "one=one.parquet", "--embedding", "two=two.csv"]) == 0
    assert place.table("new_songs/later/vectors.parquet").equals(place.table("by_workflow/vectors.parquet"))
    assert main(["place", "new.csv", *run, "--embedding", "one=one.parquet"]) == 0
    assert "mlp" not in set(place.table("new_songs/later/vectors.parquet")["name"])
    assert main(["place", "new.csv", *run, "--embedding", "too=one.parquet"]) == 1
    assert "--embedding too: NAME=TABLE is needed, with an embedding of the run; it has" in capsys.readouterr().err


def test_a_new_song_without_an_embedding_is_set_aside_with_its_reason(later):
    place, outcome, test, _ = later
    table = place.table("new_songs/later/songs.parquet")
    songs = table["song_id"].to_list()
    assert table["status"].to_list() == [*["ok"] * (len(test) - 1), "missing"]
    assert table["detail"].to_list()[-1] == "embeddings.two: two.csv has no row of it"
    assert f"{songs[-1]} is not predicted from embeddings.two: missing" in outcome.output
    listed = place.table("new_songs/later/users.parquet")
    by_model = {model: set(rows["song_id"]) for (model,), rows in listed.group_by("model")}
    assert by_model.pop("mlp") == set(songs[:-1])
    assert set(by_model) == {"knn", "mlr", "linear", "names_and_linear"}
    assert all(found == set(songs) for found in by_model.values())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"embeddings": {"one": "one.parquet"}},
            "new_songs.embeddings.two is missing: name the table ... for mlp, or set",
        ),
        ({"embeddings": {"too": "one.parquet"}}, "new_songs.embeddings.too: there is no 'too' in embeddings; did you"),
        ({"embeddings": {"one": "one.parquet", "two": "gone.csv"}}, "new_songs.embeddings.two: there is no 'gone.csv'"),
        (
            {"columns": {"title": "nome"}},
            "new_songs.columns.title: new.csv has no column 'nome'. It has 'title', 'artist'",
        ),
        ({"embeddings": {"one": "one.parquet", "two": "new.csv"}}, "embeddings.two.song: new.csv has no column 'id'"),
    ],
)
def test_a_table_or_column_that_is_not_there_is_told_before_any_job(change, told, later):
    place, _, _, overlay = later
    changed = overlay | {"new_songs": overlay["new_songs"] | change}
    outcome = place.snakemake(targets=["predict_new"], overlay=changed)
    assert outcome.status == 1
    assert all(words in outcome.output for words in told.split(" ... "))
    assert not outcome.done


def test_a_model_that_is_left_out_needs_no_table(later):
    place, _, _, overlay = later
    changed = overlay | {
        "models": overlay["models"] | {"mlp": None},
        "new_songs": overlay["new_songs"] | {"embeddings": {"one": "one.parquet"}},
    }
    assert place.plan(targets=["predict_new"], overlay=changed) == {"place_new_songs": 1}


def test_other_columns_than_those_learnt_from_are_refused(later):
    place, _, _, overlay = later
    two = overlay["embeddings"]["two"] | {"columns": ["a", "b"]}
    changed = overlay | {"embeddings": overlay["embeddings"] | {"two": two}}
    outcome = place.snakemake(targets=["predict_new"], overlay=changed)
    assert outcome.status == 1
    assert re.search(r"embeddings\.two\.columns: .*, but the run was made with null", outcome.output)
