"""The tags that MusiCNN gives beside its vectors: as the plain network gives them, and in the tables of a run."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from plain_musicnn import made_up_weights, plain_embedding

from coldwave.audio.index import INDEX
from coldwave.encoders import encoding, musicnn_weights
from coldwave.encoders.encoding import prepare
from coldwave.encoders.heard_tags import HEARD, heard_columns, most_played, tag_table
from coldwave.encoders.musicnn_weights import TAGS
from coldwave.encoders.tags import highest, ordered, parted, tag_names
from coldwave.encoders.windows import FRAMES, MUSICNN, spectrogram, windows

SCRIPT = Path(__file__).parents[3] / "scripts/gather_tags.py"
WIDTH = 200


@pytest.mark.parametrize("pool", ["mean", "max"])
def test_a_song_has_the_mean_of_its_windows_tags_whatever_its_vectors_pool(pool, tmp_path, monkeypatch):
    weights = made_up_weights(np.random.default_rng(1), 0.9)
    (tmp_path / ".index").touch()
    monkeypatch.setattr(musicnn_weights, "read_weights", lambda folder: weights)
    encoding._opened.cache_clear()
    audio = np.random.default_rng(2).uniform(-0.5, 0.5, 2 * FRAMES * 256 + 4000).astype(np.float32)
    entry = {"network": "musicnn", "sample_rate": 16000, "pool": pool, "timeout": None}
    settings = {"duration": None, "offset": 0, "min_seconds": 1}
    prepared = prepare(entry, settings, tmp_path, "encoders.musicnn")
    row = prepared.rows(audio)
    encoding._opened.cache_clear()
    assert row.shape == (1, prepared.width) and row.dtype == np.float32
    vectors, tags = parted(row, "musicnn")
    heard = windows(spectrogram(audio, **MUSICNN), FRAMES)
    plain = [plain_embedding(weights, window) for window in heard]
    assert len(plain) == 2
    pooled = {"mean": np.mean, "max": np.max}[pool]([vector for vector, _ in plain], axis=0)
    np.testing.assert_allclose(vectors[0], pooled, rtol=0, atol=1e-3)
    np.testing.assert_allclose(tags[0], np.mean([own for _, own in plain], axis=0), rtol=0, atol=1e-3)


def test_a_row_is_parted_into_its_vector_and_as_many_tags_as_the_network_gives():
    rows = np.arange(2 * 250.0).reshape(2, 250)
    vectors, tags = parted(rows, "musicnn")
    assert vectors.shape == (2, WIDTH) and tags[1].tolist() == list(range(450, 500))
    vectors, tags = parted(rows, "onnx")
    assert vectors.shape == (2, 250) and tags.shape == (2, 0) and tag_names("onnx") == ()


def test_tags_are_named_best_first():
    found = ordered(("a", "b", "c"), np.array([0.2, 0.614, 0.4]))
    assert list(found) == ["b", "c", "a"]
    assert highest(found, 2) == "b 0.61, c 0.40"


def test_the_most_played_songs_with_audio_are_shown():
    songs = pl.DataFrame(
        {
            "song": range(4),
            "song_id": list("abcd"),
            "title": ["A", "B", None, "D"],
            "artist": "Someone",
            "tags": [["x", "y"], [], ["z"], []],
            "plays": [5, 90, 7, 7],
        }
    )
    tags = np.full((4, 50), 0.1, np.float32)
    tags[1] = np.nan
    tags[:, TAGS.index("guitar")] += np.float32(0.5)
    tags[2, TAGS.index("sad")] = 0.9
    heard = tag_table(tags, "musicnn")
    assert heard.columns == list(TAGS) and heard.null_count().to_numpy().tolist() == [[1] * 50]
    shown = most_played(songs, heard)
    assert shown.schema == pl.Schema(HEARD)
    assert shown["song"].to_list() == [2, 3, 0]
    assert shown["heard"].to_list() == ["sad 0.90, guitar 0.60, rock 0.10", *["guitar 0.60, rock 0.10, pop 0.10"] * 2]
    assert heard_columns(shown)["its own tags"] == ["z", "–", "x, y"]


def test_the_script_writes_the_tags_of_all_songs_and_shows_the_most_played(tmp_path):
    ids = list("abcd")
    songs = pl.DataFrame({"song": range(4), "song_id": ids, "title": ids, "artist": "Someone", "tags": [["x"]] * 4,
                          "plays": [1, 4, 3, 2]})  # fmt: skip
    songs.write_parquet(tmp_path / "songs.parquet")
    rng = np.random.default_rng(3)
    shards = {"000": rng.uniform(0, 1, (2, 250)).astype(np.float32), "001": rng.uniform(0, 1, (1, 250))}
    places = [("000", 1, 1), ("001", 0, 1), (None, 0, 0), ("000", 0, 1)]  # shard, start and rows of each song
    rows = [(song, *place, 1.0, "ok" if place[0] else "no_audio", "") for song, place in enumerate(places)]
    pl.DataFrame(rows, schema=INDEX, orient="row").write_parquet(tmp_path / "index.parquet")
    for name, array in shards.items():
        np.save(tmp_path / f"{name}.npy", array.astype(np.float32))
    made = {"tags": "tags.parquet", "table": "table.parquet", "markdown": "table.md", "csv": "table.csv"}
    command = [
        sys.executable,
        SCRIPT,
        "--encoder",
        "musicnn",
        "--options",
        '{"network": "musicnn", "about": ["Mine."]}',
    ]
    command += ["--arrays", *(tmp_path / f"{name}.npy" for name in shards)]
    for name, file in {"songs": "songs.parquet", "index": "index.parquet", **made}.items():
        command += [f"--{name}", tmp_path / file]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    tags = pl.read_parquet(tmp_path / "tags.parquet")
    assert tags.columns == list(TAGS) and tags.row(2) == (None,) * 50
    np.testing.assert_allclose(tags.row(0), shards["000"][1, WIDTH:], rtol=1e-6)
    np.testing.assert_allclose(tags.row(1), shards["001"][0, WIDTH:], rtol=1e-6)
    assert pl.read_parquet(tmp_path / "table.parquet")["song_id"].to_list() == ["b", "d", "a"]
    text = (tmp_path / "table.md").read_text()
    assert text.startswith("# What musicnn hears\n") and "Mine." in text
    assert TAGS[int(np.argmax(shards["001"][0, WIDTH:]))] in text
