"""The raw files: formats that parse back, names that survive, the same bytes for the same seed."""

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.world.names import AWKWARD_ARTISTS, AWKWARD_TITLES, album_titles, artist_names, song_titles
from coldwave.world.raw_files import TRUTH, check_options, draw_world, write_songs, write_triplets
from coldwave.world.recordings import render_songs, with_serial, write_audio
from coldwave.world.styles import Style, styles_of
from coldwave.world.synthesis import RATE, render

SCRIPT = Path(__file__).parents[3] / "scripts" / "make_world.py"
TINY = {"songs": 24, "artists": 8, "users": 40, "seconds": 4, "audio_format": "ogg", "seed": 1}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A tiny world made by the script in two processes."""
    folder = tmp_path_factory.mktemp("world") / "made"
    options = ", ".join(f"{key}: {value}" for key, value in (TINY | {"songs": 12, "artists": 5}).items())
    command = [sys.executable, SCRIPT, "--triplets", folder / "train_triplets.txt", "--songs", folder / "songs.csv"]
    command += ["--truth", folder / "truth.parquet", "--audio", folder / "audio", "--options", f"{{{options}}}"]
    done = subprocess.run([*command, "--threads", "2"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "songs rendered: 12" in done.stderr
    return folder


def test_the_script_writes_what_users_have(made):
    with (made / "songs.csv").open(encoding="utf-8", newline="") as file:
        songs = list(csv.DictReader(file))
    assert list(songs[0]) == ["song_id", "title", "artist", "album", "date", "tags", "audio"]
    triplets = [line.split("\t") for line in (made / "train_triplets.txt").read_text().splitlines()]
    truth = pl.read_parquet(made / "truth.parquet")
    assert truth.schema == pl.Schema(TRUTH)
    assert truth["song_id"].to_list() == [song["song_id"] for song in songs]
    assert {song for _, song, _ in triplets} == set(truth["song_id"])
    assert len({user for user, _, _ in triplets}) == TINY["users"]
    assert all(int(count) > 0 for _, _, count in triplets)
    assert len({(user, song) for user, song, _ in triplets}) == len(triplets)
    assert [user for user, _, _ in triplets] != sorted(user for user, _, _ in triplets)
    for song in songs:
        assert 2 <= len(song["tags"].split("|")) <= 6
        info = soundfile.info(made / song["audio"])
        assert (info.format, info.subtype, info.channels, info.samplerate) == ("OGG", "VORBIS", 1, RATE)
        assert info.frames == 4 * RATE
    assert len(list((made / "audio").iterdir())) == len(songs)


def test_one_process_makes_the_same_bytes_as_two(made, tmp_path):
    world = draw_world(12, 5, 40, seed=1)
    render_songs(tmp_path, world.songs["song_id"].to_list(), styles_of(world.truth), 4, "ogg", seed=1, threads=1)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (made / "audio" / path.name).read_bytes()
    write_triplets(tmp_path / "plays.txt", world.plays)
    write_songs(tmp_path / "songs.csv", world.songs, tmp_path / "audio", "ogg")
    assert (tmp_path / "plays.txt").read_bytes() == (made / "train_triplets.txt").read_bytes()
    assert (tmp_path / "songs.csv").read_bytes() == (made / "songs.csv").read_bytes()
    assert world.truth.equals(pl.read_parquet(made / "truth.parquet"))


def test_another_seed_makes_another_world():
    one, other = (draw_world(24, 8, 40, seed=seed) for seed in (1, 2))
    assert not set(one.songs["song_id"]) & set(other.songs["song_id"])
    assert not set(one.plays["user_id"]) & set(other.plays["user_id"])
    assert not one.truth["tempo"].equals(other.truth["tempo"])


def test_default_world_has_enough_of_everything():
    world = draw_world(600, 150, 2000, seed=1)
    assert world.songs["song_id"].str.contains("^SO[A-Z0-9]{16}$").all()
    assert world.plays["user_id"].str.contains("^[0-9a-f]{40}$").all()
    assert world.songs["title"].n_unique() == 600
    assert world.songs["artist"].n_unique() == 150
    assert world.songs["tags"].list.len().is_between(2, 6).all()
    assert (world.songs["tags"].list.n_unique() == world.songs["tags"].list.len()).all()
    assert world.songs["tags"].explode().n_unique() >= 50
    played = world.plays.group_by("song_id").len()
    joined = world.truth.join(played, on="song_id", how="left")
    assert (joined["users"] == joined["len"]).all()


def test_dates_are_the_albums_and_change_nothing_else():
    world = draw_world(600, 150, 2000, seed=1)
    dates = world.songs.group_by("artist", "album").agg(pl.col("date").unique())
    assert dates["date"].list.len().max() == 1
    days = world.songs["date"].str.to_date("%Y-%m-%d", strict=True)
    assert 1970 <= days.dt.year().min() <= days.dt.year().max() <= 2030
    assert days.dt.year().n_unique() > 30
    # what was drawn before there were dates
    assert world.plays.height == 88_411
    digest = hashlib.sha256("".join(f"{row}" for row in world.plays.head(1000).iter_rows()).encode()).hexdigest()
    assert digest[:16] == "59e50b06f903963e"


def test_dates_tell_nothing_of_fame_or_taste():
    world = draw_world(600, 150, 2000, seed=1)
    years = world.songs["date"].str.head(4).cast(pl.Int64).to_numpy()
    for trait in ("users", "tempo", "brightness"):
        assert abs(np.corrcoef(years, world.truth[trait].to_numpy())[0, 1]) < 0.2


def test_awkward_names_survive_csv(tmp_path):
    world = draw_world(24, 8, 40, seed=3)
    write_songs(tmp_path / "tables" / "songs.csv", world.songs, tmp_path / "audio", "flac")
    read = pl.read_csv(tmp_path / "tables" / "songs.csv")
    assert read["title"].to_list() == world.songs["title"].to_list()
    assert read["artist"].to_list() == world.songs["artist"].to_list()
    assert read["tags"].str.split("|").to_list() == world.songs["tags"].to_list()
    assert read["audio"][0] == f"../audio/{world.songs['song_id'][0]}.flac"
    assert set(AWKWARD_TITLES[:3]) <= set(read["title"])
    assert set(AWKWARD_ARTISTS[:3]) <= set(read["artist"])
    for character in (",", '"', "Ø"):
        assert any(character in name for name in [*read["title"], *read["artist"]])


@settings(max_examples=20, deadline=None)
@given(size=st.integers(1, 400), seed=st.integers(0, 2**32))
def test_names_are_different(size, seed):
    generator = np.random.default_rng(seed)
    assert len(set(artist_names(size, generator))) == size
    assert len(set(song_titles(size, generator))) == size
    artist = generator.integers(1 + size // 4, size=size)
    albums = album_titles(artist, generator)
    assert len(albums) == size
    assert len(set(albums)) == len(set(zip(artist.tolist(), albums, strict=True)))  # no album has two artists


def test_more_names_than_words():
    assert len(set(song_titles(16_000, np.random.default_rng(0)))) == 16_000


@pytest.mark.parametrize("audio_format", ["ogg", "flac", "wav"])
def test_audio_reads_back(tmp_path, audio_format):
    samples = render(Style(), 4, np.random.default_rng(1))
    paths = [tmp_path / f"{name}.{audio_format}" for name in ("one", "two")]
    for path in paths:
        write_audio(path, samples, RATE, serial=77)
    read, rate = soundfile.read(paths[0], dtype="float32")
    assert rate == RATE
    assert read.shape == samples.shape
    error = np.sqrt(np.mean((read - samples) ** 2) / np.mean(samples**2))
    assert error < (0.5 if audio_format == "ogg" else 1e-3)
    assert np.corrcoef(read, samples)[0, 1] > 0.9
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in paths}) == 1
    assert sorted(tmp_path.iterdir()) == sorted(paths)  # no temporary file is left


def test_a_new_serial_leaves_a_valid_stream(tmp_path):
    """The checksum is computed bit by bit as RFC 3533 says; a page of its own serial must come back unchanged."""
    path = tmp_path / "song.ogg"
    write_audio(path, render(Style(), 3.5, np.random.default_rng(2)), RATE, serial=5)
    stream = path.read_bytes()
    assert with_serial(stream, 5) == stream
    moved = with_serial(stream, 123456)
    assert moved != stream
    page = bytearray(stream[: 27 + stream[26] + sum(stream[27 : 27 + stream[26]])])
    stored = int.from_bytes(page[22:26], "little")
    page[22:26] = bytes(4)
    checksum = 0
    for byte in page:
        checksum ^= byte << 24
        for _ in range(8):
            checksum = (checksum << 1) ^ (0x04C11DB7 if checksum & 0x80000000 else 0)
        checksum &= 0xFFFFFFFF
    assert checksum == stored
    with pytest.raises(ValueError, match="no Ogg page at byte 0"):
        with_serial(b"RIFF" + bytes(40), 1)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("songs", 0, "world.songs is 0"),
        ("songs", 3, "world.artists is 8 but world.songs only 3"),
        ("artists", 0, "world.artists is 0"),
        ("users", 2.5, "world.users is 2.5"),
        ("users", True, "world.users is True"),
        ("seconds", 3.4, "world.seconds is 3.4"),
        ("seconds", float("nan"), "world.seconds is nan"),
        ("seconds", "long", "world.seconds is 'long'"),
        ("audio_format", "mp3", "give one of ogg, flac, wav"),
        ("seed", -1, "seed is -1"),
    ],
)
def test_impossible_worlds_are_refused(key, value, message):
    check_options(TINY)
    with pytest.raises(InputError, match="cannot be made") as error:
        check_options(TINY | {key: value})
    assert message in str(error.value)


def test_every_mistake_is_named():
    with pytest.raises(InputError) as error:
        check_options(TINY | {"songs": "many", "seconds": 1, "audio_format": "midi"})
    assert all(f"world.{key}" in str(error.value) for key in ("songs", "seconds", "audio_format"))


def test_relative_paths_are_accepted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    world = draw_world(4, 2, 3, seed=0)
    write_songs(Path("songs.csv"), world.songs, Path("audio"), "ogg")
    assert pl.read_csv("songs.csv")["audio"].str.starts_with("audio/").all()
    assert [path.name for path in tmp_path.iterdir()] == ["songs.csv"]
