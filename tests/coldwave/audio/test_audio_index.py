import logging

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.audio.extraction import TABLE
from coldwave.audio.frames import LogMels
from coldwave.audio.index import INDEX, audio_index, check_usable
from coldwave.errors import InputError


def table(*rows):
    return pl.DataFrame(rows, schema=TABLE, orient="row")


def songs(*rows):
    schema = {"song": pl.UInt32, "song_id": pl.String, "audio": pl.String}
    return pl.DataFrame([(i, *row) for i, row in enumerate(rows)], schema=schema, orient="row")


SONGS = songs(("d", "d.ogg"), ("a", "a.ogg"), ("c", None), ("b", "b.ogg"))
TABLES = {
    "000": table(("a", 0, 40, 1.0, "ok", ""), ("d", 40, 50, 1.25, "ok", "")),
    "001": table(("b", 0, 0, 0.0, "missing", "no such file")),
    "002": table(),
}


def test_every_song_once_and_in_order():
    index = audio_index(SONGS, TABLES)
    assert index.schema == pl.Schema(INDEX)
    assert index.rows() == [
        (0, "000", 40, 50, 1.25, "ok", ""),
        (1, "000", 0, 40, 1.0, "ok", ""),
        (2, None, 0, 0, 0.0, "no_audio", "the songs table names no audio file"),
        (3, "001", 0, 0, 0.0, "missing", "no such file"),
    ]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["000", "001", None]), min_size=1, max_size=20), st.randoms())
def test_joins_by_id_whatever_the_order(shards, random):
    ids = [f"s{i}" for i in range(len(shards))]
    random.shuffle(ids)
    rows = {"000": [], "001": []}
    for song_id, shard in sorted(zip(ids, shards, strict=True)):
        if shard:
            rows[shard].append((song_id, int(song_id[1:]) * 10, 10, 0.5, "ok", ""))
    index = audio_index(
        songs(*[(song_id, shard and "path") for song_id, shard in zip(ids, shards, strict=True)]),
        {name: table(*found) for name, found in rows.items()},
    )
    assert index["song"].to_list() == list(range(len(ids)))
    assert index["shard"].to_list() == shards
    assert index["start"].to_list() == [int(i[1:]) * 10 if shard else 0 for i, shard in zip(ids, shards, strict=True)]


def test_tables_that_do_not_fit_the_songs_are_refused():
    with pytest.raises(ValueError, match="1 songs, such as 'b', are named in the songs table and in no shard"):
        audio_index(SONGS, TABLES | {"001": table()})
    with pytest.raises(ValueError, match="'x'.*not in the songs table"):
        audio_index(SONGS, TABLES | {"002": table(("x", 0, 1, 1.0, "ok", ""))})
    with pytest.raises(ValueError, match="'a' is in the shards' tables twice"):
        audio_index(SONGS, TABLES | {"002": table(("a", 0, 1, 1.0, "ok", ""))})


def test_not_one_usable_song(caplog):
    tables = {
        "000": table(*[(name, 0, 0, 0.0, "missing", f"no {name}") for name in "ab"], ("d", 0, 0, 0.0, "silent", "-"))
    }
    index = audio_index(SONGS, tables)
    with pytest.raises(InputError, match=r"none of 4 songs .* missing \(2 songs, such as song 1: no a\)"):
        check_usable(index)
    with pytest.raises(InputError, match="no songs"):
        check_usable(index.head(0))
    caplog.set_level(logging.INFO)
    check_usable(audio_index(SONGS, TABLES))
    assert "2 of 4, 1 " in caplog.text


def test_script(tmp_path, script):
    SONGS.with_columns(title=pl.lit("t")).write_parquet(tmp_path / "songs.parquet")
    paths = []
    for name, rows in TABLES.items():
        paths.append(tmp_path / f"{name}.parquet")
        rows.write_parquet(paths[-1])
    index = tmp_path / "index.parquet"
    script("index_audio")(songs=tmp_path / "songs.parquet", tables=paths, index=index)
    assert pl.read_parquet(index).equals(audio_index(SONGS, TABLES))


# Reading frames


@pytest.fixture
def shards(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {"000": rng.normal(size=(90, 6)).astype(np.float16), "001": np.empty((0, 6), np.float16)}
    paths = []
    for name, array in arrays.items():
        paths.append(tmp_path / f"{name}.npy")
        np.save(paths[-1], array)
    return arrays, [*paths, tmp_path / "002.npy"]


def test_frames(shards):
    arrays, paths = shards
    frames = LogMels(audio_index(SONGS, TABLES), paths)
    assert frames.lengths.tolist() == [50, 40, 0, 0]
    assert frames.usable.tolist() == [0, 1]
    assert frames.frames(0).dtype == np.float16
    np.testing.assert_array_equal(frames.frames(0), arrays["000"][40:])
    np.testing.assert_array_equal(frames.frames(1), arrays["000"][:40])
    for song in (2, 3):
        with pytest.raises(ValueError, match="no usable audio"):
            frames.frames(song)


def test_windows_of_a_batch(shards):
    _, paths = shards
    frames = LogMels(audio_index(SONGS, TABLES), paths)
    chosen, starts = np.array([1, 0, 0, 1]), np.array([0, 20, 0, 10])
    windows = frames.windows(chosen, starts, 30)
    assert windows.dtype == np.float16 and windows.shape == (4, 30, 6)
    for window, song, start in zip(windows, chosen, starts, strict=True):
        np.testing.assert_array_equal(window, frames.frames(song)[start : start + 30])
    for song, start in ((1, 11), (1, -1), (2, 0), (3, 0)):
        with pytest.raises(ValueError, match=f"within song {song}"):
            frames.windows(np.array([0, song]), np.array([0, start]), 30)
    with pytest.raises(ValueError):
        frames.windows(np.array([0, 1]), np.array([0]), 30)


def test_a_shard_that_does_not_fit_the_index(shards, tmp_path):
    arrays, paths = shards
    np.save(paths[0], arrays["000"][:80])
    frames = LogMels(audio_index(SONGS, TABLES), paths)
    with pytest.raises(InputError, match="000.npy.*delete it and run again"):
        frames.frames(0)
    with pytest.raises(ValueError, match="shard 000"):
        LogMels(audio_index(SONGS, TABLES), paths[1:])
