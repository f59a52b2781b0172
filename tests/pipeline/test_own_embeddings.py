"""A run without any audio, on embeddings that a user brings, and what runs again where one of them changes."""

import numpy as np
import polars as pl
import pytest
from plans import AFTER_LEARNING, ANALYSED, SHOWN

MODELS = {
    "knn": {"kind": "knn", "features": "one"},
    "mlr": {"kind": "mlr", "features": "one", "relevant": 4, "strengths": [1.0]},
    "linear": {"kind": "linear", "features": "one"},
    "mlp": {"kind": "mlp", "features": "two", "hidden": [8], "epochs": 1},
    **dict.fromkeys(["mean", "metadata", "popularity", "names_and_linear", "cnn_mse", "cnn_wpe"]),
}
BEHIND_ONE = {
    "read_embeddings": 1,
    "scale_embeddings": 1,
    "predict_knn": 1,
    "fit_mlr": 1,
    "predict_mlr": 1,
    "fit_linear": 1,
    "predict_linear": 1,
    "evaluate_model": 3,
    "map_songs": 1,  # of linear, the first that predicts factors
    "draw_map": 1,
    **ANALYSED,
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
        "two": pl.DataFrame({"id": ids, "embed": (numbers[:, :3] + 1).tolist()}).head(-1),  # lacks the last song
    }.items():
        table.write_parquet(data / f"{name}.parquet")
    plays = tiny.results / "world/train_triplets.txt"
    overlay = {
        "world": None,
        "plays": {"path": str(plays), "songs": {"path": None}, "songs_without_audio": "keep"},
        "embeddings": {name: {"path": str(data / f"{name}.parquet"), "song": "id"} for name in ("one", "two")},
        "models": MODELS,
        "warm": None,
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
    assert set(table["model"]) == {"random", "knn", "mlr", "linear", "mlp", "usage"}
    assert place.plan(overlay=without_audio[2]) == {}


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


def test_a_model_beside_those_that_listen_takes_an_embedding(tiny, without_audio):
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
        **AFTER_LEARNING,
    }
