"""Excerpts are the middle of the songs, decode again, and take no more room than they may."""

import base64
import io
import shutil

import numpy as np
import polars as pl
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from coldwave.audio.extraction import Extracted, failed, worker_pool
from coldwave.digest import digest_file
from coldwave.examples.cutting import FADE, SAMPLE_RATE, Cut, middle, mp3
from coldwave.examples.excerpts import cut_songs, size_in_page, wanted, within_room
from coldwave.examples.tables import EXCERPTS, PLAYED, RECOMMENDED, SIMILAR

AUDIO = {"duration": 30.0, "offset": "middle", "min_seconds": 1.0, "timeout": 60.0}
RATE = 44100
PITCHES = (300, 440, 700, 1000, 1500)  # Hz, of fifths of a song, one after the other


@pytest.fixture(scope="module")
def pool():
    with worker_pool(1) as pool:
        yield pool


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Songs of other lengths and formats, two of which are none."""
    folder = tmp_path_factory.mktemp("music")
    for name, seconds in (("long.wav", 20), ("short.flac", 2), ("ogg.ogg", 8), ("loud.wav", 8)):
        time = np.arange(seconds * RATE) / RATE
        pitch = np.array(PITCHES)[(time / seconds * len(PITCHES)).astype(int)]
        signal = (1.0 if name == "loud.wav" else 0.3) * np.sign(np.sin(2 * np.pi * pitch * time))
        soundfile.write(folder / name, np.column_stack([signal, signal]), RATE)
    (folder / "text.mp3").write_text("no music")
    paths = [folder / name for name in ("long.wav", "text.mp3", "short.flac", "gone.wav", "ogg.ogg", "loud.wav")]
    digests = [digest_file(path) if path.exists() else None for path in paths]
    songs = {"song": range(len(paths)), "audio": list(map(str, paths)), "digest": digests}
    return pl.DataFrame(songs, schema_overrides={"song": pl.UInt32, "digest": pl.String})


def cut(music, tmp_path, pool, megabytes=2.5, seconds=5.0, **audio):
    return cut_songs(music, Cut.of({"seconds": seconds, "audio": AUDIO | audio}), megabytes, tmp_path, pool, 1)


def decoded(data):
    signal, rate = soundfile.read(io.BytesIO(data))
    assert rate == SAMPLE_RATE and signal.ndim == 1
    return signal


def pitch_of(signal):
    return np.fft.rfft(signal).__abs__().argmax() * SAMPLE_RATE / len(signal)


def test_an_excerpt_is_the_middle_of_the_song_and_decodes_again(music, tmp_path, pool):
    table = cut(music, tmp_path, pool)
    assert dict(table.schema) == EXCERPTS
    assert table["song"].to_list() == list(range(6))
    assert table["status"].to_list() == ["ok", "unreadable", "ok", "missing", "ok", "ok"]
    for row in table.filter(status="ok").iter_rows(named=True):
        length = {0: 20, 2: 2, 4: 8, 5: 8}[row["song"]]
        assert row["seconds"] == pytest.approx(min(5, length), abs=1e-3)
        assert row["start"] == pytest.approx((length - row["seconds"]) / 2, abs=1e-3)
        signal = decoded(row["mp3"])
        assert row["seconds"] <= len(signal) / SAMPLE_RATE < row["seconds"] + 0.15, "an encoder adds two frames at most"
        assert np.abs(signal).max() < 1.3
        assert pitch_of(signal[SAMPLE_RATE // 2 : -SAMPLE_RATE // 2]) == pytest.approx(700, abs=5)
    bad = table.filter(pl.col("status") != "ok")
    assert bad["mp3"].null_count() == bad["start"].null_count() == bad["seconds"].null_count() == 2


def test_of_a_part_that_begins_elsewhere_it_is_the_middle_of_that(music, tmp_path, pool):
    table = cut(music[:1], tmp_path, pool, seconds=2.0, offset=16.0)
    assert table["start"].item() == pytest.approx(1.0, abs=1e-3)
    assert pitch_of(decoded(table["mp3"].item())) == pytest.approx(1500, abs=5)
    table = cut(music[:1], tmp_path, pool, seconds=2.0, offset=0.0, duration=None)
    assert table["start"].item() == pytest.approx(9.0, abs=1e-3)


def test_the_same_song_gives_the_same_bytes_from_the_cache_and_without(music, tmp_path, pool):
    first = cut(music, tmp_path / "one", pool)
    assert len(list((tmp_path / "one/excerpts").rglob("*.npz"))) == 4
    assert cut(music, tmp_path / "one", pool).equals(first)
    shutil.rmtree(tmp_path / "one")
    assert cut(music, tmp_path / "two", pool).equals(first)


def test_it_is_faded_in_and_out(pool):
    faded = middle(np.ones(SAMPLE_RATE * 4, dtype=np.float32), SAMPLE_RATE * 2)
    ramp = round(FADE * SAMPLE_RATE)
    assert faded[0] == faded[-1] == 0
    assert (np.diff(faded[:ramp]) > 0).all() and (np.diff(faded[-ramp:]) < 0).all()
    assert (faded[ramp:-ramp] == 1).all()


@given(samples=st.integers(0, 3000))
def test_a_signal_of_any_length_can_be_written(samples):
    part = middle(np.full(samples, 0.5, dtype=np.float32), 2000)
    assert len(part) == min(samples, 2000)
    assert mp3(part)[:1] in (b"", b"\xff")


def test_a_second_takes_40_kilobits():
    noise = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE * 10).astype(np.float32)
    assert len(mp3(noise)) * 8 / 10 == pytest.approx(40_000, rel=0.02)


# How much room there is


@given(sizes=st.lists(st.integers(1, 400_000), max_size=12), megabytes=st.floats(0.01, 2.5))
def test_excerpts_take_no_more_than_they_may_and_the_first_come_first(sizes, megabytes):
    rng = np.random.default_rng(0)
    found = [Extracted(rng.integers(0, 256, (size, 1), dtype=np.uint8), 9.0, "ok", "") for size in sizes]
    found.append(failed("silent", ""))
    settings = Cut.of({"seconds": 5.0, "audio": AUDIO})
    rows = list(within_room(enumerate(found), settings, megabytes))
    assert [row[0] for row in rows] == list(range(len(found)))
    in_page = [len(base64.b64encode(row[4])) if row[1] == "ok" else 0 for row in rows]
    assert sum(in_page) <= megabytes * 1e6
    kept = sum(1 for row in rows if row[1] == "ok")
    assert [row[1] for row in rows] == ["ok"] * kept + ["no_room"] * (len(sizes) - kept) + ["silent"]
    if kept < len(sizes):
        assert sum(in_page) + len(base64.b64encode(found[kept].rows.tobytes())) > megabytes * 1e6


@given(data=st.binary(max_size=100))
def test_the_size_in_a_page_is_that_of_base64(data):
    assert size_in_page(data) == len(base64.b64encode(data))


# Whose turn it is


def lists():
    played = {"user": [0, 0], "songs": [9, 9], "held_out": [1, 1], "rank": [1, 2], "song": [10, 11], "plays": [3, 2]}
    ranked = {"user": [0, 0], "rank": [1, 2], "song": [20, 10], "score": [1.0, 0.5], "plays": [0, 0]}
    ranked |= {"chance": [0.1, 0.1]}
    ranked |= {"because": [10, None], "because_plays": [3, None], "part": [0.5, None], "tags": [[], []]}
    near = {"song": [30, 30, 30], "by": ["sound", "sound", "usage"], "rank": [1, 2, 1], "other": [31, 32, 33]}
    near |= {"cosine": [0.9, 0.8, 0.7], "tags": [[], [], []]}
    return (
        pl.DataFrame(played, schema=PLAYED),
        pl.DataFrame(ranked, schema=RECOMMENDED),
        pl.DataFrame(near, schema=SIMILAR),
    )


def test_songs_of_lists_come_before_those_of_the_map():
    order = wanted(*lists(), range(8, 40), "salt")
    assert order[:7] == [30, 31, 33, 20, 10, 32, 11]
    assert sorted(order) == list(range(8, 40))
    assert wanted(*lists(), range(8, 40), "salt") == order
    assert wanted(*lists(), range(8, 40), "another")[7:] != order[7:]
    assert wanted(*lists(), [], "salt") == order[:7]
