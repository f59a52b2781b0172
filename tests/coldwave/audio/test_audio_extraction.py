import faulthandler
import logging
import os
import signal
import time
from pathlib import Path

import librosa
import numpy as np
import polars as pl
import pytest
import soundfile as sf

from coldwave.audio import extraction
from coldwave.audio.extraction import TABLE, Settings, extract_shard, worker_pool
from coldwave.digest import digest_file

OPTIONS = {
    "sample_rate": 22050,
    "window": 1024,
    "hop": 512,
    "mel_bands": 32,
    "duration": 1.0,
    "offset": "middle",
    "min_seconds": 0.5,
    "timeout": 60,
}
SETTINGS = Settings(**OPTIONS)


@pytest.fixture(scope="module")
def pool():
    with worker_pool(2) as pool:
        yield pool


def song(path, seconds=1.5, pitch=220.0):
    time = np.arange(round(seconds * 22050)) / 22050
    sf.write(path, 0.5 * np.sin(2 * np.pi * pitch * time), 22050)
    return str(path)


def good_songs(folder, count=5):
    return [song(folder / f"good{i}.flac", pitch=200 + 50 * i) for i in range(count)]


def manifest_of(paths, digests=True):
    rows = [(Path(path).name, path, digest_file(path) if digests and Path(path).is_file() else None) for path in paths]
    return pl.DataFrame(rows, schema={"song_id": pl.String, "audio": pl.String, "digest": pl.String}, orient="row")


def extract(manifest, folder, pool, cache=None, settings=SETTINGS, threads=2, name="shard"):
    path = folder / f"{name}.npy"
    table = extract_shard(manifest, path, settings, cache or folder / "cache", pool, threads)
    return table, np.load(path), path.read_bytes()


def refusing(path, **settings):
    raise AssertionError("decoded again")


def test_each_song_has_its_frames(tmp_path, pool):
    paths = good_songs(tmp_path)
    table, frames, content = extract(manifest_of(paths), tmp_path, pool)
    assert table.schema == pl.Schema(TABLE)
    assert table["song_id"].to_list() == [Path(path).name for path in paths]
    assert frames.dtype == np.float16 and frames.shape == (table["frames"].sum(), 32)
    for path, (start, count, seconds, status) in zip(
        paths, table.select("start", "frames", "seconds", "status").iter_rows(), strict=True
    ):
        signal, _ = librosa.load(path, sr=22050, offset=0.25, duration=1.0)
        power = librosa.feature.melspectrogram(y=signal, sr=22050, n_fft=1024, hop_length=512, n_mels=32)
        assert (count, seconds, status) == (1 + 22050 // 512, 1.0, "ok")
        np.testing.assert_allclose(frames[start : start + count], np.log(np.maximum(power, 1e-10)).T, atol=0.01)
    np.save(tmp_path / "expected.npy", frames)
    assert content == (tmp_path / "expected.npy").read_bytes()


def test_bad_files_lose_themselves_only(tmp_path, pool, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    good = good_songs(tmp_path)
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "empty.mp3").touch()
    (bad / "noise.mp3").write_bytes(np.random.default_rng(0).bytes(5000))
    (bad / "text.mp3").write_text("no music " * 100)
    (bad / "film.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(500))
    song(bad / "cut.flac", 8.0)
    (bad / "cut.flac").write_bytes((bad / "cut.flac").read_bytes()[:3000])
    sf.write(bad / "cut.mp3", 0.3 * np.random.default_rng(0).standard_normal(200_000).clip(-1, 1), 22050, format="MP3")
    (bad / "cut.mp3").write_bytes((bad / "cut.mp3").read_bytes()[:9000])
    sf.write(bad / "silent.wav", np.zeros(30_000), 22050)
    sf.write(bad / "nan.wav", np.full(30_000, np.nan, np.float32), 22050, subtype="FLOAT")
    sf.write(bad / "huge.wav", (1e30 * np.sin(np.arange(30_000))).astype(np.float32), 22050, subtype="FLOAT")
    song(bad / "short.flac", 0.3)
    (bad / "folder.mp3").mkdir()
    os.mkfifo(bad / "pipe.mp3")
    expected = {
        "empty.mp3": "empty",
        "noise.mp3": "unreadable",
        "text.mp3": "unreadable",
        "film.m4a": "unsupported",
        "cut.flac": "truncated",
        "cut.mp3": "truncated",
        "silent.wav": "silent",
        "nan.wav": "not_finite",
        "huge.wav": "not_finite",
        "short.flac": "too_short",
        "folder.mp3": "not_a_file",
        "pipe.mp3": "not_a_file",
        "lost.mp3": "missing",
    }
    mixed = [path for pair in zip([str(bad / name) for name in expected], good * 3, strict=False) for path in pair]
    monkeypatch.setenv("PATH", str(tmp_path))  # no ffmpeg
    with worker_pool(2) as here:
        table, frames, _ = extract(manifest_of(mixed), tmp_path, here)
    by_name = dict(table.select("song_id", "status").iter_rows())
    assert {name: by_name[name] for name in expected} == expected
    assert all(by_name[Path(path).name] == "ok" for path in good)
    failed = table.filter(pl.col("status") != "ok")
    assert failed["frames"].sum() == 0 and (failed["detail"].str.len_chars() > 0).all()
    assert frames.shape[0] == table["frames"].sum()
    # The bad ones leave no gap and no trace in the others.
    alone, its_frames, _ = extract(manifest_of(good), tmp_path, pool, name="alone", cache=tmp_path / "other")
    ok = table.filter(pl.col("status") == "ok").unique("song_id", keep="first", maintain_order=True).sort("song_id")
    for (start, count), (other, _) in zip(
        ok.select("start", "frames").iter_rows(), alone.select("start", "frames").iter_rows(), strict=True
    ):
        np.testing.assert_array_equal(frames[start : start + count], its_frames[other : other + count])
    assert "13 ok" in caplog.text and "2 unreadable" in caplog.text and "empty.mp3: empty" in caplog.text


def test_a_dead_or_hanging_decoder_loses_one_song(tmp_path, monkeypatch):
    names = ["good0", "segfault", "good1", "exit", "good2", "hang", "good3", "bug", "good4"]
    paths = [song(tmp_path / f"{name}.flac", pitch=200 + 50 * i) for i, name in enumerate(names)]
    original = extraction.decode

    def decode(path, **settings):
        match Path(path).stem:
            case "segfault":
                faulthandler.disable()  # pytest's, which would report it
                os.kill(os.getpid(), signal.SIGSEGV)
            case "exit":
                os._exit(7)
            case "hang":
                time.sleep(600)
            case "bug":
                raise RuntimeError("unforeseen")
        return original(path, **settings)

    monkeypatch.setattr(extraction, "decode", decode)
    with worker_pool(2) as pool:
        table, frames, _ = extract(manifest_of(paths), tmp_path, pool, settings=Settings(**OPTIONS | {"timeout": 4}))
    found = {name: (status, detail) for name, status, detail in table.select("song_id", "status", "detail").iter_rows()}
    assert found.pop("segfault.flac") == ("crashed", "the decoder's process died (SIGSEGV)")
    assert found.pop("exit.flac") == ("crashed", "the decoder's process died (exit code 7)")
    assert found.pop("hang.flac") == ("too_slow", "not decoded within 4 s")
    assert found.pop("bug.flac") == ("crashed", "RuntimeError: unforeseen")
    assert set(found.values()) == {("ok", "")} and len(found) == 5
    assert frames.shape == (5 * 44, 32)


def test_the_number_of_threads_changes_no_byte(tmp_path, pool):
    manifest = manifest_of([*good_songs(tmp_path, 12), str(tmp_path / "lost.ogg")])
    two = extract(manifest, tmp_path, pool, cache=tmp_path / "cache 2")
    with worker_pool(1) as one_worker:
        one = extract(manifest, tmp_path, one_worker, cache=tmp_path / "cache 1", threads=1)
    assert one[2] == two[2] and one[0].equals(two[0])


def test_more_songs_than_wait_at_once(tmp_path, pool, monkeypatch):
    monkeypatch.setattr(extraction, "AHEAD", 2)
    manifest = manifest_of(good_songs(tmp_path, 3) * 5)
    table, frames, _ = extract(manifest, tmp_path, pool)
    assert table["status"].to_list() == ["ok"] * 15
    np.testing.assert_array_equal(frames[: 3 * 44], frames[-3 * 44 :])


def test_an_empty_shard(tmp_path, pool):
    table, frames, _ = extract(manifest_of([]), tmp_path, pool)
    assert table.schema == pl.Schema(TABLE) and table.height == 0
    assert frames.shape == (0, 32) and frames.dtype == np.float16


# The cache


def test_a_song_in_the_cache_is_not_decoded_again(tmp_path, pool, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    paths = good_songs(tmp_path)
    first = extract(manifest_of(paths), tmp_path, pool)
    monkeypatch.setattr(extraction, "decode", refusing)
    with worker_pool(2) as here:
        again = extract(manifest_of(paths), tmp_path, here)
        assert again[2] == first[2] and again[0].equals(first[0])
        assert "songs: 5 (5 from the cache), 5 ok" in caplog.text
        # The same content under another name is the same song; an unchanged digest does not bring back a lost file.
        Path(paths[0]).rename(tmp_path / "renamed.flac")
        moved = pl.concat([manifest_of([str(tmp_path / "renamed.flac")]), manifest_of(paths[1:2])])
        Path(paths[1]).unlink()
        table, _, _ = extract(moved, tmp_path, here)
        assert table["status"].to_list() == ["ok", "missing"]
        # What was long enough once may not be now.
        longer = Settings(**OPTIONS | {"min_seconds": 1.2, "timeout": 9})
        table, _, _ = extract(manifest_of(paths[2:]), tmp_path, here, settings=longer)
        assert table["status"].to_list() == ["too_short"] * 3
        # Without a digest (the file could not be read when the manifest was made) nothing is taken from the cache.
        table, _, _ = extract(manifest_of(paths[2:], digests=False), tmp_path, here)
        assert table["status"].to_list() == ["crashed"] * 3


@pytest.mark.parametrize("change", [{"mel_bands": 16}, {"duration": 0.8}, {"offset": 0.1}, {"hop": 256}])
def test_other_settings_are_other_entries(tmp_path, pool, change):
    paths = good_songs(tmp_path, 1)
    changed = Settings(**OPTIONS | change)
    assert changed.key() != SETTINGS.key()
    extract(manifest_of(paths), tmp_path, pool)
    _, after, _ = extract(manifest_of(paths), tmp_path, pool, settings=changed)
    _, fresh, _ = extract(manifest_of(paths), tmp_path, pool, settings=changed, cache=tmp_path / "fresh")
    np.testing.assert_array_equal(after, fresh)


def test_settings_that_change_no_number_keep_the_entries():
    assert Settings(**OPTIONS | {"timeout": 5, "min_seconds": 2}).key() == SETTINGS.key()
    assert Settings.of(OPTIONS | {"cache": "elsewhere"}) == SETTINGS


def damage_by_cut(content):
    return content[: len(content) // 2]


def damage_by_flip(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


def damage_by_zeros(content):
    return bytes(len(content))


def damage_by_nothing_left(content):
    return b""


@pytest.mark.parametrize("damage", [damage_by_cut, damage_by_flip, damage_by_zeros, damage_by_nothing_left])
def test_a_damaged_entry_is_made_again(tmp_path, pool, damage):
    paths = good_songs(tmp_path, 2)
    first = extract(manifest_of(paths), tmp_path, pool)
    entries = {path: path.read_bytes() for path in (tmp_path / "cache").rglob("*.npz")}
    assert len(entries) == 2
    for path, content in entries.items():
        path.write_bytes(damage(content))
    assert extract(manifest_of(paths), tmp_path, pool)[2] == first[2]
    assert {path: path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()} == entries


def test_a_file_replaced_after_its_manifest_is_not_kept_as_what_it_was(tmp_path, pool):
    (path,) = good_songs(tmp_path, 1)
    manifest = manifest_of([path])
    song(path, pitch=3000)
    table, _, _ = extract(manifest, tmp_path, pool)
    assert table["status"].to_list() == ["ok"]
    assert list((tmp_path / "cache").rglob("*.npz")) == []


def test_a_cache_that_cannot_be_written_costs_a_warning_only(tmp_path, pool, caplog):
    (tmp_path / "cache").write_text("a file where the folder should be")
    table, frames, _ = extract(manifest_of(good_songs(tmp_path)), tmp_path, pool)
    assert table["status"].to_list() == ["ok"] * 5 and len(frames) == 5 * 44
    assert "the cache cannot be written" in caplog.text


# The script


def test_script(tmp_path, script):
    manifest = manifest_of([*good_songs(tmp_path, 2), str(tmp_path / "lost.mp3")])
    manifest.write_parquet(tmp_path / "003.manifest.parquet")
    script("extract_log_mel")(
        manifest=tmp_path / "003.manifest.parquet",
        log_mel=tmp_path / "out" / "003.npy",
        table=tmp_path / "out" / "003.parquet",
        options=OPTIONS,
        cache=tmp_path / "cache",
        threads=2,
    )
    table = pl.read_parquet(tmp_path / "out" / "003.parquet")
    assert table["status"].to_list() == ["ok", "ok", "missing"]
    assert np.load(tmp_path / "out" / "003.npy", mmap_mode="r").shape == (88, 32)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["003.npy", "003.parquet"]
