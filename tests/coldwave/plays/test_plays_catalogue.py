"""Songs tables: manifests and folders of audio."""

import csv
import datetime
import os
import socket
from pathlib import Path

import mutagen
import mutagen.id3
import numpy as np
import polars as pl
import pytest
import soundfile

from coldwave.errors import InputError
from coldwave.matching.guesses import without_guesses
from coldwave.plays.audio_folder import audio_files
from coldwave.plays.catalogue import CATALOGUE, NO_SECONDS, read_catalogue

OPTIONS = {"columns": {}, "tag_separator": "|", "audio_root": None, "id_from": "path"}
RECORDING = "b9ad642e-b012-41c7-b72a-42cf4911f9ff"


def write_csv(path, rows, delimiter=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_manifest(tmp_path, monkeypatch, suffix):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "data" / f"songs{suffix}"
    path.parent.mkdir()
    rows = [
        ["song_id", "title", "artist", "album", "tags", "audio", "date", "isrc", "seconds"],
        ["007", 'He said "hi", twice', "A, B", "two\nlines", "rock| slow ||rock", "audio/1.ogg", "1999", "X1", "61.5"],
        [" s2 ", "", "", "", "", "", "", "", ""],
        ["s3", "Ünïcode", "x", "y", "jazz", str(tmp_path / "data" / "3.ogg"), "", "", "-3"],
    ]
    write_csv(path, rows, {".csv": ",", ".tsv": "\t"}[suffix])
    table, rejected = read_catalogue(path, OPTIONS)
    assert dict(table.schema) == CATALOGUE
    assert table.rows() == [
        ("007", 'He said "hi", twice', "A, B", "two\nlines", "1999", ["rock", "slow"], "data/audio/1.ogg")
        + (None, None, "X1", 61.5),
        ("s2", None, None, None, None, [], None, *[None] * 4),
        ("s3", "Ünïcode", "x", "y", None, ["jazz"], "data/3.ogg", *[None] * 4),
    ]
    assert rejected.select("line", "reason").rows() == [(5, NO_SECONDS)]


def test_columns_are_mapped_and_optional(tmp_path):
    path = tmp_path / "tracks.csv"
    write_csv(path, [["track", "file", "name"], ["a", "a.mp3", "x"]])
    table, _ = read_catalogue(path, OPTIONS | {"columns": {"song_id": "track", "audio": "file"}})
    assert table.rows() == [("a", None, None, None, None, [], str(tmp_path / "a.mp3"), *[None] * 4)]
    with pytest.raises(
        InputError, match=r"plays\.songs\.columns\.song_id: .*tracks\.csv has no column 'tracks'.*'track'"
    ):
        read_catalogue(path, OPTIONS | {"columns": {"song_id": "tracks"}})
    with pytest.raises(InputError, match=r"plays\.songs\.columns: 'sound'"):
        read_catalogue(path, OPTIONS | {"columns": {"song_id": "track", "sound": "file"}})
    with pytest.raises(InputError, match=r"plays\.songs\.columns\.song_id"):
        read_catalogue(path, OPTIONS)


def test_dates_are_read_and_others_are_set_aside(tmp_path):
    path = tmp_path / "songs.csv"
    given = ["1999", "2001-05", "2001-05-17", "1999.0", "2001-05-17T08:00:00Z", "0", "", "05/2001", "2001-13", "9999x"]
    write_csv(path, [["song_id", "released"], *([f"s{n}", date] for n, date in enumerate(given))])
    table, rejected = read_catalogue(path, OPTIONS | {"columns": {"date": "released"}})
    assert table["date"].to_list() == ["1999", "2001-05", "2001-05-17", "1999", "2001-05-17", *[None] * 5]
    assert rejected["line"].to_list() == [9, 10, 11]
    assert set(rejected["reason"]) == {"date is not YYYY, YYYY-MM, YYYY-MM-DD or YYYYMMDD; the song is kept without it"}


def test_dates_in_parquet_may_be_dates_or_years(tmp_path):
    path = tmp_path / "songs.parquet"
    for values in ([datetime.date(1999, 1, 2), None], [1999, 0], [1999.0, None]):
        pl.DataFrame({"song_id": ["a", "b"], "date": values}).write_parquet(path)
        table, rejected = read_catalogue(path, OPTIONS)
        assert table["date"].str.head(4).to_list() == ["1999", None]
        assert rejected.is_empty()


def test_rows_set_aside(tmp_path):
    path = tmp_path / "songs.csv"
    path.write_bytes(
        b"\xef\xbb\xbfsong_id,title\r\n"
        b"a,first\r\n"
        b"\r\n"
        b",nameless\r\n"
        b'b,"two\r\nlines"\r\n'
        b"a,again\r\n"
        b"c\r\n"
        b"d,x,y\r\n"
        b"e,\xff\r\n"
        b'f,"x"y\r\n'
        b"g\0,x\r\n"
        b"h,last"
    )
    table, rejected = read_catalogue(path, OPTIONS)
    assert table.select("song_id", "title").rows() == [("a", "first"), ("b", "two\r\nlines"), ("h", "last")]
    assert rejected.select("line", "reason").rows() == [
        (4, "empty song id"),
        (7, "song id occurs before"),
        (8, "wrong number of fields"),
        (9, "wrong number of fields"),
        (10, "not valid utf-8"),
        (11, "not valid CSV: ',' expected after '\"'"),
        (12, "NUL byte"),
    ]
    assert rejected["text"][4] == "e,\ufffd"


def test_quote_that_is_never_closed(tmp_path):
    path = tmp_path / "songs.csv"
    path.write_text('song_id,title\na,x\nb,"open\nc,y\n')
    with pytest.raises(InputError, match=r"songs\.csv, line 3: a quote"):
        read_catalogue(path, OPTIONS)


@pytest.mark.parametrize("text", ["", "\n", "song_id,title\n", "song_id\n,\n"])
def test_no_song(tmp_path, text):
    path = tmp_path / "songs.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"songs\.csv.*plays\.songs\.path"):
        read_catalogue(path, OPTIONS)


def test_audio_does_not_leave_its_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    (root / "sub").mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "x.ogg").touch()
    (root / "link.ogg").symlink_to(elsewhere / "x.ogg")
    (root / "folder").symlink_to(elsewhere)
    (root / "inside.ogg").symlink_to(root / "sub" / "y.ogg")
    cases = {
        "plain.ogg": "data/plain.ogg",
        "sub/../b.ogg": "data/b.ogg",
        str(root / "c.ogg"): "data/c.ogg",
        "inside.ogg": "data/inside.ogg",
        "../elsewhere/x.ogg": None,
        "..": None,
        "/etc/passwd": None,
        "link.ogg": None,
        "folder/x.ogg": None,
        "folder/../x.ogg": None,
        "../data2/x.ogg": None,
        "x" * 5000: f"data/{'x' * 5000}",
    }
    path = root / "songs.csv"
    write_csv(path, [["song_id", "audio"], *([f"s{n:02d}", audio] for n, audio in enumerate(cases))])
    table, rejected = read_catalogue(path, OPTIONS)
    assert table["audio"].to_list() == list(cases.values())
    assert rejected["line"].to_list() == [n for n, audio in enumerate(cases.values(), start=2) if audio is None]
    assert all("plays.songs.audio_root" in reason for reason in rejected["reason"])
    table, rejected = read_catalogue(path, OPTIONS | {"audio_root": "elsewhere"})
    assert table["audio"].to_list()[:3] == ["elsewhere/plain.ogg", "elsewhere/b.ogg", None]
    write_csv(path, [["song_id", "audio"], ["a", "/etc/passwd"]])
    table, rejected = read_catalogue(path, OPTIONS | {"audio_root": "/"})
    assert (table["audio"].to_list(), rejected.height) == (["/etc/passwd"], 0)
    with pytest.raises(InputError, match=r"nowhere: no such folder \(plays\.songs\.audio_root\)"):
        read_catalogue(path, OPTIONS | {"audio_root": "nowhere"})


def test_parquet_manifest_equals_csv(tmp_path):
    rows = {"song_id": [1, 2, 2, None], "tags": ["rock|pop", None, "x", "y"], "audio": ["1.ogg", "", None, None]}
    pl.DataFrame(rows).write_csv(tmp_path / "songs.csv")
    pl.DataFrame(rows).write_parquet(tmp_path / "songs.parquet")
    pl.DataFrame(rows | {"tags": [["rock", " pop"], None, ["x"], []]}).write_parquet(tmp_path / "lists.parquet")
    pl.DataFrame({"song_id": ["a", "b"], "audio": ["a\0", "b"]}).write_parquet(tmp_path / "nul.parquet")
    assert read_catalogue(tmp_path / "nul.parquet", OPTIONS)[1].select("line", "reason").rows() == [(1, "NUL byte")]
    first, set_aside = read_catalogue(tmp_path / "songs.csv", OPTIONS)
    assert first["tags"].to_list() == [["rock", "pop"], []]
    for name in ("songs", "lists"):
        table, rejected = read_catalogue(tmp_path / f"{name}.parquet", OPTIONS)
        assert table.equals(first)
        assert rejected["reason"].to_list() == set_aside["reason"].to_list()
        assert rejected["line"].to_list() == [3, 4]


def test_wrong_manifests(tmp_path):
    with pytest.raises(InputError, match=r"no such file or folder \(plays\.songs\.path\)"):
        read_catalogue(tmp_path / "none.csv", OPTIONS)
    (tmp_path / "songs.xlsx").touch()
    with pytest.raises(InputError, match=r"songs\.xlsx: a songs table is"):
        read_catalogue(tmp_path / "songs.xlsx", OPTIONS)
    (tmp_path / "songs.parquet").write_text("no Parquet")
    with pytest.raises(InputError, match=r"songs\.parquet: not a whole Parquet file"):
        read_catalogue(tmp_path / "songs.parquet", OPTIONS)


def write_audio(path, format=None, **tags):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(2000), 22050, format=format)
    file = mutagen.File(path, easy=True)
    if file.tags is None and tags:
        file.add_tags()
    for name, value in tags.items():
        file[name] = value
    file.save()


def test_folder_of_audio(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "music"
    write_audio(
        folder / "b" / "1.flac", title="One", artist=["X", "Y"], album="Z", date="2003-05", genre=["Rock", "Slow"]
    )
    write_audio(folder / "a.ogg", title="Two", musicbrainz_trackid=RECORDING.upper())
    write_audio(
        folder / "c.MP3", format="MP3", title="Three", date="1999", genre="Jazz", musicbrainz_trackid=RECORDING[::-1]
    )
    write_audio(folder / "d.wav")
    wave = mutagen.File(folder / "d.wav")
    wave.add_tags()
    wave.tags.add(mutagen.id3.TIT2(encoding=3, text=["Four"]))
    wave.save()
    (folder / "e.m4a").write_bytes(b"no audio at all")
    (folder / "f.txt").touch()
    write_audio(folder / ".hidden" / "1.ogg", title="hidden")
    write_audio(folder / ".hidden.ogg", title="hidden")
    table, rejected = read_catalogue(folder, OPTIONS, threads=2)
    assert table.drop("recording_mbid", "track_mbid", "isrc", "seconds").rows() == [
        ("a.ogg", "Two", None, None, None, [], "music/a.ogg"),
        ("b/1.flac", "One", "X, Y", "Z", "2003-05", ["Rock", "Slow"], "music/b/1.flac"),
        ("c.MP3", "Three", None, None, "1999", ["Jazz"], "music/c.MP3"),
        ("d.wav", "Four", None, None, None, [], "music/d.wav"),
        ("e.m4a", None, None, None, None, [], "music/e.m4a"),
    ]
    assert table["recording_mbid"].to_list() == [RECORDING.upper(), None, RECORDING[::-1], None, None]
    assert (table["seconds"].drop_nulls() > 0).all() and table["seconds"].null_count() == 1
    assert rejected.is_empty()
    write_audio(folder / "z" / "a.wav")
    table, rejected = read_catalogue(folder, OPTIONS | {"id_from": "stem"})
    assert table["song_id"].to_list() == ["a", "1", "c", "d", "e"]
    assert rejected.rows() == [(str(folder), None, "song id occurs before", "music/z/a.wav")]
    table, rejected = read_catalogue(folder, OPTIONS | {"id_from": "recording_mbid"})
    assert table.select("song_id", "title").rows() == [(RECORDING, "Two")]
    assert rejected.height == 5
    assert set(rejected["reason"]) == {"no MusicBrainz recording id in its tags"}


def test_files_without_tags_are_named_by_their_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    album = "AC_DC/1980 - Back in Black"
    write_audio(tmp_path / f"Music/{album}/06 - Back in Black .flac")
    write_audio(tmp_path / f"Music/{album}/CD 2/1-02 Shoot.mp3", format="MP3")
    write_audio(tmp_path / f"Music/{album}/03 - Hells Bells.flac", genre="Rock")  # tagged: nothing is guessed
    write_audio(tmp_path / f"Music/{album}/04 - Wrong.flac", title="Right")
    write_audio(tmp_path / f"Music/{album}/No number.flac")
    write_audio(tmp_path / "Music/clips/01 - One.flac")  # Music is the library, no artist
    table, _ = read_catalogue(tmp_path / "Music", OPTIONS)
    names = {row[0]: row[1:] for row in table.select("song_id", "artist", "title", "album").iter_rows()}
    assert names == {
        f"{album}/06 - Back in Black .flac": ("AC_DC", "Back in Black", "Back in Black"),
        f"{album}/CD 2/1-02 Shoot.mp3": ("AC_DC", "Shoot", "Back in Black"),
        f"{album}/03 - Hells Bells.flac": (None, None, None),
        f"{album}/04 - Wrong.flac": (None, "Right", None),
        f"{album}/No number.flac": (None, None, None),
        "clips/01 - One.flac": (None, None, None),
    }
    without = without_guesses(table)
    assert without["title"].drop_nulls().to_list() == ["Right"] and without["artist"].null_count() == 6
    assert without.drop("artist", "title", "album").equals(table.drop("artist", "title", "album"))


def test_folder_with_an_mbid_in_id3(tmp_path):
    write_audio(tmp_path / "x.mp3", format="MP3", musicbrainz_trackid=RECORDING)
    table, _ = read_catalogue(tmp_path, OPTIONS | {"id_from": "recording_mbid"})
    assert table["song_id"].to_list() == [RECORDING]


def test_links_and_what_is_no_file_in_a_folder(tmp_path, monkeypatch):
    folder, elsewhere = tmp_path / "music", tmp_path / "elsewhere"
    (folder / "z").mkdir(parents=True)
    (elsewhere / "deep").mkdir(parents=True)
    for path in (folder / "z" / "1.ogg", elsewhere / "deep" / "2.ogg"):
        path.touch()
    (folder / "a").symlink_to(folder / "z")  # the real folder counts, not the link
    (folder / "loop").symlink_to(folder)
    (folder / "more").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(folder)
    (folder / "dead.ogg").symlink_to(tmp_path / "nothing")
    (folder / "3.ogg").symlink_to(elsewhere / "deep" / "2.ogg")
    (folder / "itself").symlink_to("itself")
    (folder / "itself.ogg").symlink_to("itself.ogg")
    os.mkfifo(folder / "z" / "pipe.ogg")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(folder)  # the name of a socket may not be long
        server.bind("socket.ogg")
        files, set_aside = audio_files(folder)
    assert [path.relative_to(folder).as_posix() for path in files] == ["3.ogg", "more/deep/2.ogg", "z/1.ogg"]
    assert [path.relative_to(folder).as_posix() for _, path in set_aside] == [
        "dead.ogg", "itself.ogg", "socket.ogg", "z/pipe.ogg",
    ]  # fmt: skip
    _, rejected = read_catalogue(folder, OPTIONS)
    assert rejected["reason"].to_list() == ["not a regular file, or a link that leads nowhere"] * 4


def test_names_that_are_no_text(tmp_path):
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.ogg")).touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (tmp_path / "a.ogg").touch()
    table, rejected = read_catalogue(tmp_path, OPTIONS)
    assert table["song_id"].to_list() == ["a.ogg"]
    assert rejected["reason"].to_list() == ["file name is not valid UTF-8"]


def test_wrong_folders(tmp_path):
    with pytest.raises(InputError, match=r"no audio file in this folder \(plays\.songs\.path\)"):
        read_catalogue(tmp_path, OPTIONS)
    with pytest.raises(InputError, match=r"plays\.songs\.id_from: 'name'"):
        read_catalogue(tmp_path, OPTIONS | {"id_from": "name"})
