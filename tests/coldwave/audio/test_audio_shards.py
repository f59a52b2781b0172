import hashlib
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.audio import digests
from coldwave.audio.digests import content_digests
from coldwave.audio.manifests import shard_manifests
from coldwave.audio.shards import shard_names, shard_of
from coldwave.audio.state import SUFFIXES, audio_state, folder_state

SCRIPTS = Path(__file__).parents[3] / "scripts"
OLD = 1_600_000_000_000_000_000  # ns


def make_files(folder, names, time=OLD):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(f"the music of {name}".encode())
        os.utime(folder / name, ns=(time, time))
    return [str(folder / name) for name in names]


@pytest.fixture
def shard_songs(script, tmp_path):
    """The script, on songs given as id → path: gives the bytes of each manifest."""
    main = script("shard_songs")

    def run(songs, shards=8):
        pl.DataFrame(
            {"song_id": list(songs), "audio": list(songs.values())}, schema_overrides={"audio": pl.String}
        ).write_parquet(tmp_path / "songs.parquet")
        paths = [tmp_path / "manifests" / f"{name}.parquet" for name in shard_names(shards)]
        main(
            songs=tmp_path / "songs.parquet",
            manifests=paths,
            options={"shards": shards},
            cache=tmp_path / "cache",
            threads=2,
        )
        return [path.read_bytes() for path in paths]

    return run


def read(folder):
    return pl.concat([pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))])


# Names and places


def test_names():
    assert shard_names(3) == ["000", "001", "002"]
    assert shard_names(1000)[-1] == "999"
    assert shard_names(1001)[:2] + shard_names(1001)[-1:] == ["0000", "0001", "1000"]


@settings(deadline=None)
@given(st.text(max_size=20), st.integers(1, 300))
def test_a_shard_depends_on_id_and_count_only(song_id, count):
    assert shard_of(song_id, count) == int(hashlib.sha256(song_id.encode()).hexdigest()[:16], 16) % count


def test_shards_are_about_as_large():
    sizes = np.bincount([shard_of(f"song{i}", 8) for i in range(8000)], minlength=8)
    assert sizes.min() > 850 and sizes.max() < 1150


def test_the_workflow_gets_them_without_heavy_imports():
    code = (
        "import sys\nfrom coldwave.audio.shards import shard_names\nfrom coldwave.audio.state import audio_state\n"
        "audio_state('none.parquet')\nprint([m for m in ('numpy', 'polars', 'librosa', 'soundfile', 'pyarrow') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Manifests


def test_each_song_is_in_its_shards_manifest(tmp_path, shard_songs):
    paths = make_files(tmp_path / "audio", [f"{i}.ogg" for i in range(40)])
    songs = {f"S{i:02}": path for i, path in enumerate(paths)} | {"none": None, "lost": str(tmp_path / "lost.ogg")}
    shard_songs(songs)
    for shard, name in enumerate(shard_names(8)):
        manifest = pl.read_parquet(tmp_path / "manifests" / f"{name}.parquet")
        assert manifest["song_id"].to_list() == sorted(
            song for song, path in songs.items() if path and shard_of(song, 8) == shard
        )
        for song_id, audio, digest in manifest.iter_rows():
            assert audio == songs[song_id]
            expected = None if song_id == "lost" else hashlib.sha256(Path(audio).read_bytes()).hexdigest()
            assert digest == expected


def test_stable_manifests(tmp_path, shard_songs):
    paths = make_files(tmp_path / "audio", [f"{i}.ogg" for i in range(40)])
    songs = {f"S{i:02}": path for i, path in enumerate(paths)}
    first = shard_songs(songs)

    def changed(songs):
        return [shard for shard, (old, new) in enumerate(zip(first, shard_songs(songs), strict=True)) if old != new]

    assert changed(songs) == []
    assert changed(dict(reversed(songs.items()))) == []
    for path in paths:
        os.utime(path)
    assert changed(songs) == []
    (new,) = make_files(tmp_path / "audio", ["new.ogg"])
    assert changed(songs | {"A new song": new}) == [shard_of("A new song", 8)]
    Path(paths[7]).write_bytes(b"another music of 7.ogg")
    assert changed(songs) == [shard_of("S07", 8)]


def test_manifests_do_not_depend_on_the_number_of_songs_files(tmp_path):
    songs = pl.DataFrame({"song_id": ["a", "b", "c"], "audio": ["x", "x", None]})
    found = shard_manifests(songs, {"x": "digest"}, 2)
    assert pl.concat(found).sort("song_id").rows() == [("a", "x", "digest"), ("b", "x", "digest")]


def test_manifests_of_other_shards_are_refused(tmp_path, script):
    with pytest.raises(ValueError, match="not those of the shards"):
        shard = script("shard_songs")
        shard(songs=tmp_path / "s", manifests=[tmp_path / "001.parquet"], cache=tmp_path, options={"shards": 1})


# Digests


@pytest.fixture
def reads(monkeypatch):
    """The paths whose content was read."""
    seen, original = [], digests.digest_file

    def counting(path):
        seen.append(path)
        return original(path)

    monkeypatch.setattr(digests, "digest_file", counting)
    return seen


def test_content_is_read_once(tmp_path, reads):
    paths = make_files(tmp_path / "audio", ["a", "b", "c"])
    first = content_digests(paths, tmp_path / "cache", 2)
    assert sorted(reads) == paths
    reads.clear()
    assert content_digests([*paths, paths[0]], tmp_path / "cache", 2) == first
    assert reads == []
    os.utime(paths[1], ns=(OLD, OLD + 5))
    assert content_digests(paths, tmp_path / "cache", 2) == first
    assert reads == [paths[1]]


def test_a_file_changed_just_now_is_read_again(tmp_path, reads):
    path = tmp_path / "a"
    path.write_bytes(b"one")
    content_digests([str(path)], tmp_path / "cache")
    times = path.stat().st_mtime_ns
    path.write_bytes(b"two")
    os.utime(path, ns=(times, times))  # the same size within one tick of the clock
    assert content_digests([str(path)], tmp_path / "cache") == {str(path): hashlib.sha256(b"two").hexdigest()}


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"\xff\xfe", b"[]", b'{"a": 1}', b'{"a": [1, 2, 3]}', b'{"a": ["x"]}', b"null"]
)
def test_a_damaged_cache_is_made_again(tmp_path, damage, reads, caplog):
    paths = make_files(tmp_path / "audio", ["a", "b"])
    first = content_digests(paths, tmp_path / "cache")
    (tmp_path / "cache" / "digests.json").write_bytes(damage)
    assert content_digests(paths, tmp_path / "cache") == first
    assert "made again" in caplog.text
    reads.clear()
    assert content_digests(paths, tmp_path / "cache") == first
    assert reads == []


def test_two_runs_keep_each_others_digests(tmp_path, monkeypatch, reads):
    a, b = make_files(tmp_path / "audio", ["a", "b"])
    original = digests._read

    def meanwhile(path):
        if path == a:  # another run ends while this one is at work
            monkeypatch.setattr(digests, "_read", original)
            content_digests([b], tmp_path / "cache")
        return original(path)

    monkeypatch.setattr(digests, "_read", meanwhile)
    content_digests([a], tmp_path / "cache")
    assert set(json.loads((tmp_path / "cache" / "digests.json").read_text())) == {a, b}


def test_what_cannot_be_read_has_no_digest(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    os.mkfifo(tmp_path / "pipe")
    paths = [str(tmp_path / "lost"), str(tmp_path / "pipe"), str(tmp_path), "with\0null"]
    assert content_digests(paths, tmp_path / "cache") == dict.fromkeys(paths)
    assert "4 audio files are missing, too large or cannot be read" in caplog.text


# The state that the workflow watches


def test_audio_state(tmp_path):
    table = tmp_path / "songs.parquet"
    assert audio_state(table) == "not read yet"
    a, b = make_files(tmp_path / "audio", ["a", "b"])
    pl.DataFrame({"song": [0, 1, 2, 3], "audio": [a, None, b, str(tmp_path / "lost")]}).write_parquet(table)
    first = audio_state(table)
    assert audio_state(str(table)) == first != "not read yet"
    os.utime(b, ns=(OLD, OLD + 1))
    touched = audio_state(table)
    assert touched != first
    os.utime(b, ns=(OLD, OLD))
    assert audio_state(table) == first
    Path(b).write_bytes(b"longer than before, and as old")
    os.utime(b, ns=(OLD, OLD))
    assert audio_state(table) != first
    Path(b).unlink()
    assert audio_state(table) not in (first, touched)
    make_files(tmp_path, ["lost"])
    make_files(tmp_path / "audio", ["b"])
    assert audio_state(table) != first


def test_the_state_of_a_folder_is_that_of_its_audio(tmp_path):
    def add(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()

    add("deep/a.ogg", "deep/b.FLAC")
    first = folder_state(tmp_path, SUFFIXES)
    add("mix.m3u8", ".hidden.ogg", "cover.jpg", ".trash/c.ogg")
    assert folder_state(tmp_path, SUFFIXES) == first
    every = folder_state(tmp_path)
    add("notes.txt")
    assert folder_state(tmp_path) != every, "of histories every file counts"
    add("c.ogg")
    assert folder_state(tmp_path, SUFFIXES) != first


def test_audio_state_of_a_damaged_table(tmp_path):
    table = tmp_path / "songs.parquet"
    table.write_bytes(b"PAR1 not at all")
    assert audio_state(table) == "not read yet"
    pl.DataFrame({"song": [0]}).write_parquet(table)
    assert audio_state(table) == "not read yet"


def test_the_state_of_a_folder_tells_each_change(tmp_path):
    (tmp_path / "music/deep").mkdir(parents=True)
    song = tmp_path / "music/deep/a.mp3"
    song.write_bytes(b"a")
    (tmp_path / "music/deep/circle").symlink_to(tmp_path / "music")
    states = [folder_state(tmp_path / "music")]
    assert folder_state(tmp_path / "music") == states[0]
    for change in (
        lambda: os.utime(song, ns=(1, 1)),
        lambda: song.write_bytes(b"ab"),
        lambda: (tmp_path / "music/b.mp3").touch(),
        song.unlink,
    ):
        change()
        states.append(folder_state(tmp_path / "music"))
    assert len(set(states)) == 5
