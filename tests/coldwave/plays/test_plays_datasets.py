"""Public data sets by name, in small files as their owners write them and in samples of the real ones."""

import bz2
import csv
import os
from collections import Counter, defaultdict
from pathlib import Path

import polars as pl
import pytest
from data_sets import PRESETS, events, mbid_of, write
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.embeddings.columns import check_text
from coldwave.errors import InputError
from coldwave.plays.cutting import cut_plays
from coldwave.plays.datasets import DATA_SETS, table_of
from coldwave.plays.ingestion import ingest
from coldwave.plays.reading import read_plays
from coldwave.split.draw import split_songs
from tests.workflow.overlays import checked, preset
from workflow.effective import cut_read, plays_read, split_read
from workflow.headers import check_headers
from workflow.settings import SettingsError, check_files

DATA = os.environ.get("COLDWAVE_DATA")
SET_ASIDE = {"lastfm-1k": 4, "lastfm-360k": 4, "lfm-1b": 4, "lfm-2b": 3, "hetrec": 2, "music4all": 1}
LAX = {"plays": {"min_users": 1, "min_songs": 1}}  # so that the files can be small


def ingested(config):
    """Read the plays and songs of a config as the first stage does."""
    songs = config["plays"]["songs"]
    catalogue = Path(songs["path"]) if songs["path"] else None
    return ingest(Path(config["plays"]["path"]), catalogue, plays_read(config), also=[*map(Path, songs["also"])])


def counts(plays, users, songs):
    """From each pair of a user's and a song's id to its count."""
    rows = plays.join(users, on="user").join(songs, on="song").select("user_id", "song_id", "count").iter_rows()
    return {(user, song): count for user, song, count in rows}


def added(plays):
    """The same of the plays as they were written."""
    found = Counter()
    for user, song, _, count in plays:
        found[user, song] += count
    return found


@pytest.fixture
def laid_out(tmp_path, monkeypatch):
    """Write the files of a preset, and give its config and its plays."""

    def made(name, *overlays):
        plays = PRESETS[name](tmp_path)
        monkeypatch.setenv("COLDWAVE_DATA", str(tmp_path))
        config = checked(preset(name), *overlays)
        check_files(config)
        check_headers(config)
        return config, plays

    return made


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_reads_what_was_written(name, laid_out):
    config, plays = laid_out(name, LAX)
    read = ingested(config)
    assert counts(read.plays, read.users, read.songs) == added(plays)
    assert read.rejected.height == SET_ASIDE.get(name, 0)
    assert DATA_SETS[config["plays"]["format"]].timed == (config["split"]["by"] == "first_play")


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in ("hetrec", "lastfm-360k")])
def test_the_songs_first_heard_latest_are_tested_and_nothing_later_is_learnt(name, laid_out):
    config, plays = laid_out(name, LAX)
    read = ingested(config)
    first = {}
    for _, song, time, _ in plays:
        first[song] = min(first.get(song, time), time)
    assert dict(read.songs.select("song_id", "first_play").iter_rows()) == first
    split = split_songs(read.songs, **split_read(config))
    part = dict(zip(read.songs["song_id"], split["part"], strict=True))
    order = [part[song] for song in sorted(first, key=first.get)]
    assert order == ["train"] * 21 + ["validation"] * 3 + ["test"] * 6
    begin = min(first[song] for song in first if part[song] == "test")
    source = Path(config["plays"]["path"])
    found = cut_plays(source, cut_read(config), read.plays, read.users, read.songs, split, block_bytes=1000)
    kept = [play for play in plays if part[play[1]] == "test" or play[2] < begin]
    assert len(kept) < len(plays)
    assert counts(found, read.users, read.songs) == added(kept)


def test_a_date_parts_songs_by_their_first_play(laid_out):
    days = {"split": {"test": "2008-08-20", "validation": "2008-07"}}  # 10 days from song to song, from 1 January on
    read = ingested(laid_out("lfm-1b", LAX, days)[0])
    split = split_songs(read.songs, **split_read(checked(preset("lfm-1b"), days)))
    found = defaultdict(set)
    for song, part in zip(read.songs["song_id"], split["part"], strict=True):
        found[part].add(int(song))
    first = {song: min(time for _, other, time in events() if other == song).strftime("%F") for _, song, _ in events()}
    assert found["test"] == {song for song, day in first.items() if day >= "2008-08-20"}
    assert found["validation"] == {song for song, day in first.items() if "2008-07" <= day < "2008-08-20"}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("abcdefg"), st.integers(0, 99)), min_size=1))
def test_first_plays_of_a_table_are_the_earliest_of_anybody(tmp_path_factory, lines):
    """In text as in Parquet, however the file is cut into blocks, also of users who are left out."""
    folder = tmp_path_factory.mktemp("first")
    table = pl.DataFrame(lines, schema=["user", "song", "time"], orient="row")
    table = table.with_columns(pl.col("time") + 1_300_000_000)
    table.write_csv(folder / "plays.tsv", separator="\t")
    table.write_parquet(folder / "plays.parquet", row_group_size=3)
    first = dict(table.group_by("song").agg(pl.col("time").min()).iter_rows())
    for name in ("plays.tsv", "plays.parquet"):
        options = {"format": "table", "table": {"count": None, "time": "time"}, "first_play": True, "top_users": 1}
        songs = ingest(folder / name, None, options | {"min_users": 0}, block_bytes=40).songs
        assert dict(songs.select("song_id", "first_play").iter_rows()) == first


def test_songs_have_the_names_that_plays_tell(laid_out):
    songs = ingested(laid_out("lastfm-1k", LAX)[0]).songs
    named = {song: (artist, title) for song, artist, title in songs.select("song_id", "artist", "title").iter_rows()}
    assert named[mbid_of(7)] == ("Band 7", "Song 7")
    assert named['The "10" Band - Song "10'] == ('The "10" Band', 'Song "10')
    artists = ingested(laid_out("lastfm-360k", LAX)[0]).songs
    told = {song: (artist, title) for song, artist, title in artists.select("song_id", "artist", "title").iter_rows()}
    assert told[mbid_of(7)] == ('"artist" 7', '"artist" 7')
    assert told['"artist" 8'] == ('"artist" 8', '"artist" 8')


def test_songs_of_music4all_have_names_genres_and_audio(laid_out):
    songs = ingested(laid_out("music4all", LAX)[0]).songs.rows_by_key("song_id", named=True, unique=True)
    assert songs[f"{3:016}"]["title"] == 'A "song 3'
    assert songs[f"{3:016}"]["tags"] == ["rock", "rock 'n' roll 3"]
    assert songs[f"{29:016}"]["tags"] == []
    assert songs[f"{3:016}"]["audio"].endswith(f"audios/{3:016}.mp3")


def test_artists_of_hetrec_have_names(laid_out):
    songs = ingested(laid_out("hetrec", LAX)[0]).songs
    assert dict(songs.select("song_id", "title").iter_rows())["7"] == 'The "7'


def test_counts_of_onion_are_read_as_well(laid_out, tmp_path):
    counted = tmp_path / "music4all-onion" / "userid_trackid_count.tsv.bz2"
    by_song = {"plays": {"path": str(counted)}, "split": {"by": "song"}}
    config, plays = laid_out("music4all-onion", LAX, by_song)
    read = ingested(config)
    wanted = {(user, song): 2 + int(user.split("_")[1]) for user, song, _, _ in plays}
    assert counts(read.plays, read.users, read.songs) == wanted
    embedding = config["embeddings"]["onion"]
    check_text(Path(embedding["path"]), embedding, "embeddings.onion", "song")
    with pytest.raises(SettingsError, match="play counts without times"):
        laid_out("music4all-onion", LAX, {"plays": {"path": str(counted)}})


@pytest.mark.parametrize(
    ("name", "first", "said"),
    [
        ("lastfm_1k", "a\tb\tc", r"expects 6 columns without a header.*has 3 columns: 'a', 'b', 'c'"),
        (
            "lfm_2b",
            "user\ttrack",
            r"a header with user_id, track_id, count or a header with user_id, track_id, timesta",
        ),
        ("music4all", "", "expects a header with user, song, timestamp"),
    ],
)
def test_another_file_is_refused_with_what_is_expected(name, first, said, tmp_path):
    path = write(tmp_path / "plays.tsv", [first])
    with pytest.raises(InputError, match=said):
        read_plays(path, {"format": name})
    with pytest.raises(InputError, match="a folder, but"):
        table_of(name, tmp_path, times=False)


# Samples of the real ones, against the csv module


def real(name):
    """A file of a sample; skip without it."""
    if not DATA or not (Path(DATA) / name).exists():
        pytest.skip(f"COLDWAVE_DATA does not name a folder with {name}")
    return Path(DATA) / name


def rows_of(path, encoding="utf-8"):
    raw = path.read_bytes()
    text = (bz2.decompress(raw) if path.suffix == ".bz2" else raw).decode(encoding)
    return list(csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def summed(rows):
    found = Counter()
    for user, song, count in rows:
        found[user, song] += int(count)
    return found


def pairs_of(path, name):
    pairs, rejected = read_plays(path, {"format": name})
    users, songs = pairs.user_ids.to_list(), pairs.song_ids.to_list()
    named = zip(pairs.user.tolist(), pairs.song.tolist(), pairs.count.tolist(), strict=True)
    return {(users[user], songs[song]): count for user, song, count in named}, rejected


def test_the_sample_of_lastfm_360k():
    path = real("lastfm-360k/usersha1-artmbid-artname-plays.tsv")
    found, rejected = pairs_of(path, "lastfm_360k")
    rows = [row for row in rows_of(path) if len(row) == 4 and row[0] and (row[1] or row[2]) and int(row[3]) > 0]
    assert found == summed((row[0], row[1].strip() or row[2].strip(), row[3]) for row in rows)
    assert len(rows) + rejected.height == len(rows_of(path)) >= 10_000
    assert any(not row[1] for row in rows)  # ids that are names are among them


def test_the_samples_of_lfm_2b():
    counted, told = real("lfm-2b/listening-counts.tsv.bz2"), real("lfm-2b/listening-events.tsv.bz2")
    assert pairs_of(counted, "lfm_2b")[0] == summed(rows_of(counted)[1:])
    assert pairs_of(told, "lfm_2b")[0] == summed((user, song, 1) for user, song, _, _ in rows_of(told)[1:])
    pairs, rejected = read_plays(told, {"format": "lfm_2b", "table": {"time": True}})
    first = {}
    for _, song, _, time in rows_of(told)[1:]:
        first[song] = min(first.get(song, time), time)
    found = dict(pairs.told.select("song_id", "first_play").iter_rows())
    assert rejected.is_empty()
    assert len(found) == len(first)
    assert sorted(found, key=lambda song: (found[song], song)) == sorted(first, key=lambda song: (first[song], song))


def test_hetrec_whole(monkeypatch):
    path = real("hetrec2011-lastfm/user_artists.dat")
    found, rejected = pairs_of(path, "hetrec_lastfm")
    assert found == summed(rows_of(path)[1:])
    assert (len(found), max(found.values()), rejected.height) == (92_834, 352_698, 0)
    read = ingested(checked(preset("hetrec"), LAX))
    names = {row[0]: row[1].strip() for row in rows_of(path.with_name("artists.dat"))[1:]}
    assert dict(read.songs.select("song_id", "title").iter_rows()) == names


def test_the_songs_of_music4all(tmp_path):
    """Its plays are not in the sample, so that each song is played once here."""
    information, genres = real("music4all/id_information.csv"), real("music4all/id_genres.csv")
    ids = [row[0] for row in rows_of(information)[1:]]
    plays = write(tmp_path / "h.csv", ["user\tsong\ttimestamp", *(f"u\t{song}\t2019-02-20 12:28" for song in ids)])
    config = checked(preset("music4all"), LAX, {"plays": {"path": str(plays)}})
    songs = ingested(config).songs.rows_by_key("song_id", named=True, unique=True)
    assert len(songs) == len(set(ids)) >= 10_000
    for song, artist, title, album in rows_of(information)[1:]:
        named = songs[song]
        assert (named["artist"], named["title"], named["album"]) == (artist.strip(), title.strip(), album.strip())
    told = [row for row in rows_of(genres)[1:] if row[0] in songs]
    assert all([*map(str.strip, songs[song]["tags"])] == _genres(text) for song, text in told)
    assert any(len(songs[song]["tags"]) > 2 for song, _ in told)


def _genres(text):
    """The genres of a list as Python writes it, without Python's help."""
    return [item.strip().strip("'\"") for item in text.strip("[]").split(", ") if item.strip()]
