"""A run that hears songs by a user's ONNX model alone: what it makes, what a change of it reruns, and new songs."""

import json

import numpy as np
import onnx
import polars as pl
import pytest
from onnx import TensorProto, helper, numpy_helper
from plans import AFTER_LEARNING, ANALYSED, EXAMPLES, WORTH

from coldwave.digest import digest_file
from coldwave.errors import InputError
from coldwave.use.files import RunFiles
from coldwave.use.hearing import HeardFile

BANDS, WIDTH = 24, 12
ENCODER = {"sample_rate": 8000, "input": "log_mel", "window": 256, "hop": 128, "mel_bands": BANDS, "seconds": 1}
MODELS = {
    "linear": {"kind": "linear", "features": "heard", "strengths": [1.0]},
    "knn": {"kind": "knn", "features": "heard"},
    "names_and_linear": {"kind": "names", "audio": "linear"},
    **dict.fromkeys(["mean", "names", "popularity", "mlr", "mlp", "cnn_mse", "cnn_wpe"]),
}


def write_model(path, seed):
    """A model that projects each frame of a log-mel and takes the mean over frames."""
    weights = np.random.default_rng(seed).standard_normal((BANDS, WIDTH)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["mels", "weights"], ["vectors"])],
        "model",
        [helper.make_tensor_value_info("mels", TensorProto.FLOAT, ["n", "frames", BANDS])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", "frames", WIDTH])],
        [numpy_helper.from_array(weights, "weights")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path)
    return path


@pytest.fixture(scope="module")
def encoded(tiny, home, tmp_path_factory):
    """A finished run on the tiny world's songs, and the overlay that it ran with."""
    data = tmp_path_factory.mktemp("encoders")
    world = tiny.results / "world"
    overlay = {
        "world": None,
        "plays": {"path": str(world / "train_triplets.txt"), "songs": {"path": str(world / "songs.csv")}},
        "encoders": {"heard": ENCODER | {"path": str(write_model(data / "model.onnx", 1)), "licence": "CC0"}},
        "models": MODELS,
        "warm": None,
        "audit": {"canary": ["linear", "encoders"]},
    }
    place = type(tiny)(tmp_path_factory.mktemp("encoded"), home)
    return place, place.make(overlay=overlay), overlay, data


def test_songs_are_heard_by_the_encoder_alone(encoded):
    place, outcome, overlay, _ = encoded
    assert {"shard_songs", "encode_songs", "gather_encodings", "scale_encodings"} <= set(outcome.done)
    assert not {"extract_log_mel", "index_audio", "learn_codebook"} & set(outcome.done)
    index, vectors = place.table("encoders/heard.index.parquet"), place.array("embeddings/heard.npy")
    usable = (index["status"] == "ok").to_numpy()
    assert usable.any() and vectors.shape == (index.height, WIDTH)
    assert (np.isfinite(vectors).all(axis=1) == usable).all()
    training = np.intersect1d(place.part("train"), np.flatnonzero(usable))
    scaled = place.array("embeddings/heard.features.npy")[training].astype(np.float64)
    assert scaled.mean(axis=0) == pytest.approx(0, abs=1e-5)
    assert scaled.std(axis=0) == pytest.approx(1, abs=1e-4)
    assert place.plan(overlay=overlay) == {}


def test_the_audit_has_learnt_the_scaling_again(encoded):
    rows = encoded[0].table("tables/leakage.parquet").filter(check="the same whatever the vectors of validation and "
                                                             "test songs")  # fmt: skip
    assert rows["of"].to_list() == [
        "embeddings/heard.mean.npy", "embeddings/heard.scale.npy", "embeddings/heard.features.npy, training songs",
    ]  # fmt: skip
    assert set(rows["result"]) == {"passed"}


def test_the_record_names_the_encoder(encoded):
    place, _, overlay, _ = encoded
    record = json.loads((place.results / "provenance.json").read_text())
    assert record["encoders"] == {"heard": {"licence": "CC0", "network": "onnx"}}
    model = overlay["encoders"]["heard"]["path"]
    assert record["inputs"]["encoders.heard.path"]["sha256"] == digest_file(model)


def test_another_model_of_that_name_encodes_again(encoded, tiny):
    place, _, overlay, data = encoded
    other = {"heard": overlay["encoders"]["heard"] | {"path": str(write_model(data / "other.onnx", 2))}}
    shards = len(list((place.results / "encoders/heard").glob("*.npy")))
    planned = place.plan(overlay=overlay | {"encoders": other})
    assert planned["encode_songs"] == shards
    assert {"gather_encodings", "scale_encodings", "fit_linear", "predict_knn"} <= set(planned)
    assert "shard_songs" not in planned and "factorise_plays" not in planned


def test_a_model_beside_others_takes_an_encoder(tiny, encoded):
    added = {"kind": "linear", "features": "heard"}
    planned = tiny.plan(overlay={"encoders": encoded[2]["encoders"], "models": {"by_encoder": added}})
    shards = planned.pop("encode_songs")
    assert shards > 1
    assert planned == {
        "gather_encodings": 1,
        "scale_encodings": 1,
        "fit_linear": 1,
        "predict_linear": 1,
        "evaluate_model": 1,
        **ANALYSED,
        **EXAMPLES,
        **WORTH,
        **AFTER_LEARNING,
    }


def test_new_songs_are_heard_as_the_runs_own(encoded, tiny, tmp_path_factory):
    first, _, overlay, _ = encoded
    place = first.copy(tmp_path_factory.mktemp("later") / "copy")
    songs = pl.read_csv(tiny.results / "world/songs.csv")
    new = songs.with_columns(pl.concat_str(pl.lit("new_"), "song_id").alias("song_id")).head(6)
    new = new.with_columns(pl.Series("audio", [str(tiny.results / "world" / path) for path in new["audio"]]))
    path = tmp_path_factory.mktemp("new") / "new.csv"
    new.write_csv(path)
    overlay = overlay | {"new_songs": {"path": str(path), "audio_root": "/", "batch": "b"}}
    assert place.make(targets=["predict_new"], overlay=overlay).done == ["place_new_songs"]
    placed = place.table("new_songs/b/vectors.parquet").filter(of="features", name="heard")
    known = place.table("plays/songs.parquet")["song_id"].to_list()
    features = place.array("embeddings/heard.features.npy")
    states = dict(place.table("new_songs/b/songs.parquet").select("song_id", "status").iter_rows())
    compared = 0
    for song_id, vector in placed.select("song_id", "vector").iter_rows():
        own = song_id.removeprefix("new_")
        if states[song_id] == "ok" and own in known:
            np.testing.assert_allclose(vector, features[known.index(own)], rtol=0, atol=1e-4)
            compared += 1
    assert compared


def test_a_file_is_heard_as_the_runs_own(encoded):
    place = encoded[0]
    songs, features = place.table("plays/songs.parquet"), place.array("embeddings/heard.features.npy")
    song = int(np.flatnonzero(np.isfinite(features).all(axis=1))[0])
    heard = HeardFile(songs["audio"][song], RunFiles(place.results))
    np.testing.assert_allclose(heard.features("heard")[0], features[song], rtol=0, atol=1e-4)


def test_a_file_is_not_heard_by_another_model(encoded, tmp_path):
    first = encoded[0]
    place = first.copy(tmp_path / "copy")
    files = RunFiles(place.results)
    files.config["encoders"]["heard"]["path"] = str(write_model(tmp_path / "other.onnx", 3))
    with pytest.raises(InputError, match="not the model that the run has heard its songs with"):
        HeardFile(place.table("plays/songs.parquet")["audio"][0], files).features("heard")
