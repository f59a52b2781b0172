"""Songs of a shard, encoded in worker processes with an ONNX model that is written here."""

import numpy as np
import polars as pl
import pytest
import soundfile as sf
from onnx import TensorProto
from test_onnx_model import write

from coldwave.audio.extraction import TABLE, extract_shard, worker_pool
from coldwave.audio.index import audio_index
from coldwave.digest import digest_file
from coldwave.encoders.encoding import prepare
from coldwave.encoders.gathering import gathered
from coldwave.encoders.onnx_model import OnnxModel
from coldwave.encoders.windows import spectrogram
from coldwave.errors import InputError

ENTRY = {
    "network": "onnx",
    "sample_rate": 8000,
    "input": "log_mel",
    "window": 256,
    "hop": 128,
    "mel_bands": 20,
    "scale": "natural",
    "layout": "frames_first",
    "seconds": 0.5,
    "output": "vectors",
    "pool": "mean",
    "timeout": 60,
}
AUDIO = {"duration": 1.0, "offset": 0, "min_seconds": 0.4}


@pytest.fixture
def model(tmp_path):
    return write(tmp_path / "mine.onnx", ["n", "frames", 20], [1])


@pytest.fixture
def manifest(tmp_path):
    paths = []
    for number in range(4):
        paths.append(tmp_path / f"{number}.flac")
        samples = np.random.default_rng(number).uniform(-0.5, 0.5, 12000 if number != 2 else 800)
        sf.write(paths[-1], samples, 8000)
    rows = [(path.stem, str(path), digest_file(path)) for path in paths]
    return pl.DataFrame(rows, schema=["song_id", "audio", "digest"], orient="row")


def test_a_shard_is_encoded_and_gathered(tmp_path, model, manifest):
    found = {}
    for threads in (1, 2):
        with worker_pool(threads) as pool:
            encoding = prepare(ENTRY, AUDIO, model, "encoders.mine")
            cache = tmp_path / f"cache{threads}"
            path = tmp_path / "000.npy"
            table = extract_shard(manifest, path, encoding, cache, pool, threads)
            found[threads] = path.read_bytes()
            again = extract_shard(manifest, tmp_path / "again.npy", encoding, cache, pool, threads)
        assert again.equals(table) and (tmp_path / "again.npy").read_bytes() == found[threads]
    assert found[1] == found[2]
    assert table.schema == pl.Schema(TABLE)
    assert table["status"].to_list() == ["ok", "ok", "too_short", "ok"]
    assert table["frames"].to_list() == [1, 1, 0, 1]

    # axis 1 of the windows is averaged by the model, and the windows by the encoding
    signal = sf.read(manifest["audio"][3], dtype="float32")[0][:8000]
    mels = spectrogram(signal, sample_rate=8000, window=256, hop=128, mel_bands=20, scale="natural")
    np.testing.assert_allclose(np.load(path)[2], mels[:32].mean(0), rtol=0, atol=0.15)

    ids = ["3", "none", "0", "1", "2"]
    songs = pl.DataFrame({"song": range(5), "song_id": ids, "audio": ["x", None, "x", "x", "x"]})
    index = audio_index(songs, {"000": table})
    vectors = gathered(index, {"000": np.load(path)})
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors[[2, 3, 0]], np.load(path))
    assert np.isnan(vectors[[1, 4]]).all()
    with pytest.raises(InputError, match="fewer than its table says"):
        gathered(index, {"000": np.load(path)[:2]})
    with pytest.raises(InputError, match="20 and 21 numbers"):
        gathered(index, {"000": np.load(path), "001": np.zeros((0, 21), np.float32)})


def test_pooling_takes_the_mean_or_the_maximum_of_windows(model):
    audio = np.random.default_rng(5).uniform(-0.5, 0.5, 12000).astype(np.float32)
    of_windows = OnnxModel(model, ENTRY, "encoders.mine").encode(audio)
    assert of_windows.shape == (2, 20)
    for pool, expected in (("mean", of_windows.mean(0)), ("max", of_windows.max(0))):
        found = prepare(ENTRY | {"pool": pool}, AUDIO, model, "encoders.mine").rows(audio)
        np.testing.assert_allclose(found, expected[None], rtol=1e-6)


def test_the_cache_knows_what_changes_the_numbers(tmp_path, model):
    base = prepare(ENTRY, AUDIO, model, "encoders.mine").key()
    moved = tmp_path / "moved.onnx"
    moved.write_bytes(model.read_bytes())
    assert prepare(ENTRY | {"timeout": 5}, AUDIO | {"min_seconds": 9}, moved, "encoders.other").key() == base
    other = write(tmp_path / "other.onnx", ["n", "x", 20], [1])
    changed = [
        prepare(ENTRY | {"pool": "max"}, AUDIO, model, "encoders.mine"),
        prepare(ENTRY, AUDIO | {"offset": "middle"}, model, "encoders.mine"),
        prepare(ENTRY | {"scale": "decibel"}, AUDIO, model, "encoders.mine"),
        prepare(ENTRY, AUDIO, other, "encoders.mine"),
    ]
    assert len({base, *(one.key() for one in changed)}) == 5


def test_a_bad_model_stops_the_shard(tmp_path):
    bad = write(tmp_path / "bad.onnx", ["n", 5, 5], [1], dtype=TensorProto.FLOAT)
    with pytest.raises(InputError, match="does not take windows"):
        prepare(ENTRY, AUDIO, bad, "encoders.mine")
