"""What a file or folder is, by content; the config that is given is read by the readers that a run has."""

import csv
import gzip
import json
import os
import tempfile
from pathlib import Path

import mutagen
import numpy as np
import polars as pl
import pytest
import soundfile
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.command.configs import as_yaml
from coldwave.embeddings.reading import read_embeddings
from coldwave.errors import InputError
from coldwave.inspection import plays, songs
from coldwave.inspection.inspecting import inspect
from coldwave.plays.catalogue import read_catalogue
from coldwave.plays.reading import read_plays
from tests.coldwave.plays.data_sets import PRESETS
from tests.workflow.overlays import as_mapping, checked, preset

HEARD = [("u1", "s1", 3), ("u1", "s2", 1), ("u2", "s1", 7), ("u3", "s3", 2)]
SONGS = {"plays": {"songs": {"path": "songs.csv"}}}
PLAYS = {"plays": {"path": "plays.tsv"}}
OWN = {"world": None, "plays": {"path": "plays.tsv", "songs": {"path": "songs.csv"}}}


def write_rows(path, rows, delimiter=",", **options):
    with path.open("w", newline="", **options) as file:
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return path


def taken(found, beside):
    """The config that an inspection gives, after YAML, as the workflow checks and completes it beside another part."""
    return checked(beside, yaml.safe_load(as_yaml(found.settings)), {"run": "mine"})


def check_plays(found, pairs=4, users=3, songs=3, count=13):
    config = taken(found, SONGS)
    assert config["world"] is None and config["plays"]["path"] == str(found.path)
    read, rejected = read_plays(found.path, config["plays"])
    assert found.kind == "plays" and found.whole
    assert (len(read.user_ids), len(read.song_ids)) == (found.counts["users"], found.counts["songs"]) == (users, songs)
    assert int(read.count.sum()) == found.counts["plays"] == count and len(read.user) == pairs
    assert rejected.height == found.counts["set aside"]
    return config["plays"]


def test_triplets(tmp_path):
    found = inspect(write_rows(tmp_path / "whatever.csv", HEARD, "\t"))
    assert check_plays(found)["format"] == "taste_profile"
    assert found.preview == [[user, song, str(count)] for user, song, count in HEARD] and found.columns == [
        "1",
        "2",
        "3",
    ]
    assert found.counts["lines"] == 4 and "user TAB song TAB count" in found.words
    assert found.notes == [plays.SONGS_OR_NONE]


@pytest.mark.parametrize(
    ("header", "delimiter", "count"),
    [
        (("user", "song", "count"), ",", "count"),
        (("userID", "artistID", "weight"), "\t", "weight"),
        (("User Id", "track_id", "Play Count"), ";", "Play Count"),
        (("username", "song_id", "rating"), "|", None),
    ],
)
def test_tables_of_plays(tmp_path, header, delimiter, count):
    found = inspect(write_rows(tmp_path / "plays.dat", [header, *HEARD], delimiter))
    table = check_plays(found, count=13 if count else 4)["table"]
    assert (table["user"], table["song"], table["count"], table["delimiter"]) == (*header[:2], count, delimiter)
    assert found.columns == list(header) and found.preview[0] == ["u1", "s1", "3"]
    assert (plays.EACH_ROW in found.notes) == (count is None)


def test_plays_with_times_names_and_quotes(tmp_path):
    rows = [("track_id", "user_id", "timestamp", "name"), ("s1", "u1", "2013-11-23 14:22:38", 'a "b", c'),
            ("s2", "u1", "2013-11-23 14:22:39", "d"), ("s1", "u2", "2013-11-23 14:22:40", "e")]  # fmt: skip
    found = inspect(write_rows(tmp_path / "events.csv", rows))
    table = check_plays(found, pairs=3, users=2, songs=2, count=3)["table"]
    assert (table["time"], table["count"], table["quote"]) == ("timestamp", None, '"')


def test_plays_without_a_header_but_with_names(tmp_path):
    rows = [(user, song, f"name, of {song}", count) for user, song, count in HEARD]
    found = inspect(write_rows(tmp_path / "plays.tsv", [*rows, ("u9", "", "none", 4)], "\t"))
    table = check_plays(found)["table"]
    assert (table["user"], table["song"], table["count"], table["header"]) == (1, 2, 4, False)
    assert (
        plays.BY_PLACE in found.notes and "1 lines would be set aside, most of them for: empty song id" in found.notes
    )


def test_plays_compressed_or_in_another_encoding(tmp_path):
    text = "".join(f"{user}\t{song}\t{count}\n" for user, song, count in HEARD)
    (tmp_path / "plays.tsv.gz").write_bytes(gzip.compress(text.encode()))
    check_plays(inspect(tmp_path / "plays.tsv.gz"))
    (tmp_path / "wide.txt").write_text("user\tsong\tcount\n" + text, encoding="utf-16")
    assert check_plays(inspect(tmp_path / "wide.txt"))["table"]["encoding"] == "utf-16"
    (tmp_path / "wrong.tsv").write_bytes(gzip.compress(text.encode()))
    with pytest.raises(InputError, match=r"wrong\.tsv: it is compressed with gzip: its name has to end in \.gz"):
        inspect(tmp_path / "wrong.tsv")


def test_plays_in_parquet(tmp_path):
    table = pl.DataFrame(HEARD, schema=["user", "song", "count"], orient="row")
    table.write_parquet(tmp_path / "plays.parquet")
    found = inspect(tmp_path / "plays.parquet")
    check_plays(found)
    assert found.counts["rows"] == 4 and found.preview[0] == ["u1", "s1", "3"]
    (tmp_path / "parts" / "a").mkdir(parents=True)
    table[:2].write_parquet(tmp_path / "parts" / "1.parquet")
    table[2:].write_parquet(tmp_path / "parts" / "a" / "2.parquet")
    found = inspect(tmp_path / "parts")
    check_plays(found)
    assert found.counts["rows"] == 4
    (tmp_path / "plays.parquet").rename(tmp_path / "plays.bin")
    found = inspect(tmp_path / "plays.bin")
    assert not found.settings and found.columns == ["user", "song", "count"] and "rename it" in found.notes[0]


def test_a_long_file_is_counted_in_part(tmp_path, monkeypatch):
    monkeypatch.setattr(plays, "LINES", 100)
    monkeypatch.setattr(plays, "BLOCK_BYTES", 1000)
    path = write_rows(tmp_path / "plays.tsv", [(f"u{n}", f"s{n % 7}", 1) for n in range(5000)], "\t")
    found = inspect(path)
    assert not found.whole and 100 <= found.counts["lines"] < 400
    assert found.counts["users"] == found.counts["lines"] and found.counts["songs"] == 7
    monkeypatch.setattr(plays, "LINES", 5000)
    found = inspect(path)
    assert found.whole and found.counts["lines"] == 5000
    monkeypatch.setattr(songs, "LINES", 3)
    path = write_rows(tmp_path / "songs.csv", [("song_id", "title"), *((n, n) for n in range(4))])
    assert (inspect(path).counts["rows"], inspect(path).whole) == (3, False)
    path = write_rows(tmp_path / "songs.csv", [("song_id", "title"), *((n, n) for n in range(3))])
    assert (inspect(path).counts["rows"], inspect(path).whole) == (3, True)


def check_songs(found, rows):
    config = taken(found, PLAYS)
    table, rejected = read_catalogue(found.path, config["plays"]["songs"])
    assert found.kind == "songs" and found.whole and table.height == found.counts["different ids"]
    assert found.counts["rows"] == rows
    return config["plays"]["songs"], table


def test_a_songs_table(tmp_path):
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio" / "1.ogg").touch()
    rows = [
        ("song_id", "title", "artist", "genre", "audio"),
        ("s1", 'A "song", or two', "X", "rock;slow", "audio/1.ogg"),
        ("s2", "two\nlines", "Y", "jazz", "audio/2.ogg"),
        ("s2", "again", "", "", "../../etc/passwd"),
        ("s3", "", "", "", ""),
    ]
    found = inspect(write_rows(tmp_path / "songs.csv", rows))
    chosen, table = check_songs(found, 4)
    assert chosen["columns"] == {"tags": "genre"} and chosen["tag_separator"] == ";"
    assert table["tags"].to_list()[0] == ["rock", "slow"]
    assert (found.counts["rows with audio"], found.counts["audio files looked for"], found.counts["found"]) == (3, 3, 1)
    assert found.notes == [f"audio is looked for from {tmp_path}: `plays.songs.audio_root` names another folder"]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (("id", "artist", "song", "album_name"), {"song_id": "id", "title": "song", "album": "album_name"}),
        (("name", "Track ID", "year"), {"song_id": "Track ID", "title": "name", "date": "year"}),
        (("artist", "file", "title"), {"song_id": "file", "audio": "file"}),
    ],
)
def test_songs_tables_by_other_names(tmp_path, header, columns):
    rows = [header, *([f"{name} {n}" for name in header] for n in range(3))]
    chosen, table = check_songs(inspect(write_rows(tmp_path / "songs.tsv", rows, "\t")), 3)
    assert chosen["columns"] == columns
    assert table["song_id"].to_list() == [f"{columns['song_id']} {n}" for n in range(3)]
    for name, delimiter in (("songs.csv", "\t"), ("songs.dat", ";")):
        chosen, table = check_songs(inspect(write_rows(tmp_path / name, rows, delimiter)), 3)
        assert chosen["delimiter"] == delimiter and chosen["quote"] == '"' and chosen["columns"] == columns
        assert table["song_id"].to_list() == [f"{columns['song_id']} {n}" for n in range(3)]


@pytest.mark.parametrize("name", ["artists.dat", "artists.tsv"])
@pytest.mark.parametrize("title", ['"Weird Al" Yankovic', '7" of snow', '"unclosed'])
def test_quotes_of_a_songs_table_that_quote_nothing(tmp_path, name, title):
    (tmp_path / name).write_text(f"id\tname\n1\tA\n2\t{title}\n3\tB\n")
    chosen, table = check_songs(inspect(tmp_path / name), 3)
    assert chosen["quote"] == (None if title.startswith('"') else '"')
    assert table["title"].to_list() == ["A", title, "B"]


def test_a_songs_table_of_another_name_with_quotes(tmp_path):
    rows = [("id", "title", "artist"), ("1", "one; two\nlines", "X"), ("2", 'A "song"', "Y")]
    chosen, table = check_songs(inspect(write_rows(tmp_path / "songs.txt", rows, ";")), 2)
    assert chosen["delimiter"] == ";" and chosen["quote"] == '"'
    assert table["title"].to_list() == ["one; two\nlines", 'A "song"']


def test_a_songs_table_in_parquet(tmp_path):
    table = {
        "song": [5, 6],
        "song_id": ["a", "b"],
        "title": ["A", None],
        "tags": [["x", "y"], []],
        "audio": ["a.ogg", None],
    }
    pl.DataFrame(table).write_parquet(tmp_path / "songs.parquet")
    found = inspect(tmp_path / "songs.parquet")
    chosen, table = check_songs(found, 2)
    assert chosen["columns"] == {} and table["tags"].to_list() == [["x", "y"], []]
    assert found.preview == [["5", "a", "A", "x|y", "a.ogg"], ["6", "b", "", "", ""]]


def check_embeddings(found, name, width):
    config = taken(found, OWN)
    read = read_embeddings(found.path, ["a", "b", "c"], config["embeddings"][name], f"embeddings.{name}")
    assert found.kind == "embeddings" and found.counts["numbers a song"] == width == read.vectors.shape[1]
    assert np.isfinite(read.vectors).all() and found.counts["rows"] == 3


@pytest.mark.parametrize(
    ("file", "delimiter"), [("Timbre 2.csv", ","), ("timbre_2.txt", ";"), ("timbre-2.tsv.gz", "\t")]
)
def test_embeddings_in_text(tmp_path, file, delimiter):
    rows = [("track", "d0", "d1", "d2"), ("a", 0.5, -1, 2), ("b", 1, "2e-3", 3), ("c", 0, 0, 1)]
    path = write_rows(tmp_path / file, rows, delimiter)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(path.read_bytes()))
    found = inspect(path)
    check_embeddings(found, "timbre_2", 3)
    assert found.preview[1] == ["b", "1", "2e-3", "3"]


def test_embeddings_in_parquet(tmp_path):
    pl.DataFrame({"id": ["a", "b", "c"], "x": [1.0, 2.0, 3.0], "y": [1, 2, 3]}).write_parquet(tmp_path / "bow.parquet")
    check_embeddings(inspect(tmp_path / "bow.parquet"), "e_bow", 2)
    lists = pl.DataFrame({"song_id": ["a", "b", "c"], "vector": [[1.0, 2.0]] * 3})
    lists.write_parquet(tmp_path / "1.parquet")
    found = inspect(tmp_path / "1.parquet")
    assert found.kind == "embeddings" and "e_1" in taken(found, OWN)["embeddings"]
    assert found.counts == {"rows": 3, "numbers a song": 2}


def test_an_array_has_no_ids(tmp_path):
    np.save(tmp_path / "x.bin.npy", np.arange(12, dtype=np.float32).reshape(4, 3))
    found = inspect(tmp_path / "x.bin.npy")
    assert (found.kind, found.words, found.settings) == ("array", "an array of float32, 4 × 3", {})
    assert found.counts == {"rows": 4, "numbers a row": 3} and found.preview[1] == ["3.0", "4.0", "5.0"]
    (tmp_path / "half.npy").write_bytes((tmp_path / "x.bin.npy").read_bytes()[:100])
    with pytest.raises(InputError, match=r"half\.npy: not a whole NPY file"):
        inspect(tmp_path / "half.npy")
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"objects\.npy"):
        inspect(tmp_path / "objects.npy")


def write_audio(path, **tags):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(2000), 22050)
    file = mutagen.File(path, easy=True)
    for name, value in tags.items():
        file[name] = value
    file.save()
    return path


def test_a_folder_of_audio(tmp_path):
    music = tmp_path / "music"
    write_audio(music / "A" / "1.flac", title="One", artist="X", album="Z")
    write_audio(
        music / "A" / "2.ogg", title="Two", artist="X", musicbrainz_trackid="c7d0bf6e-5a51-4b4a-8a5b-0123456789ab"
    )
    write_audio(music / "3.ogg")
    (music / "4.mp3").write_bytes(b"no audio at all")
    (music / "cover.jpg").write_bytes(b"jpg")
    os.mkfifo(music / "5.mp3")
    found = inspect(music)
    size = sum(path.stat().st_size for path in music.rglob("*") if path.suffix in (".flac", ".ogg", ".mp3"))
    assert found.kind == "audio folder" and found.counts == {
        "audio files": 4, ".ogg": 2, ".mp3": 1, ".flac": 1, "bytes": size, "set aside": 1, "tags read of": 4,
        "with title and artist": 2, "with a MusicBrainz recording id": 1, "with tags that cannot be read": 1,
    }  # fmt: skip
    assert found.preview[2] == ["A/1.flac", "One", "X", "Z"] and "5.mp3: not a regular file" in found.notes[-1]
    config = taken(found, PLAYS)
    assert read_catalogue(music, config["plays"]["songs"])[0].height == 4
    found = inspect(music / "A" / "1.flac")
    assert (found.kind, found.preview) == ("audio file", [[str(music / "A" / "1.flac"), "One", "X", "Z"]])


def test_tags_are_read_of_a_sample(tmp_path):
    for n in range(450):
        (tmp_path / f"{n:03d}.mp3").touch()
    found = inspect(tmp_path)
    assert (found.counts["audio files"], found.counts["tags read of"], found.whole) == (450, 150, True)
    assert [row[0] for row in found.preview] == ["000.mp3", "003.mp3", "006.mp3", "009.mp3", "012.mp3"]


def test_a_run(tmp_path):
    run = tmp_path / "results" / "mine"
    (run / "plays").mkdir(parents=True)
    for name, rows in (("users", 3), ("songs", 5), ("plays", 7)):
        pl.DataFrame({"x": range(rows)}).write_parquet(run / "plays" / f"{name}.parquet")
    found = inspect(run)
    assert (found.kind, found.words) == ("run", "a run that is not finished") and not found.settings
    assert found.counts == {"users": 3, "songs": 5, "pairs of a user and a song": 7}
    record = {"config": "models: {knn: {kind: knn}, ear: {kind: cnn}}", "inputs": {}, "versions": {}, "machine": {}}
    (run / "provenance.json").write_text(json.dumps(record | {"outputs": {"x": "y"}}))
    found = inspect(run)
    assert found.words == "a finished run of Coldwave" and found.counts["models"] == 2
    assert found.preview == [["knn", "knn"], ["ear", "cnn"]]
    (run / "provenance.json").write_text("{}")
    with pytest.raises(InputError, match="not the record of a run"):
        inspect(run)


def test_a_history_is_what_the_recogniser_says(tmp_path):
    export = tmp_path / "export"
    export.mkdir()
    path = export / "listens.jsonl"
    path.write_text('{"listened_at":1748964167}\n{"listened_at":1748964168}\n')
    (export / "listens.zip").write_bytes(b"PK\x03\x04\0\0")
    asked = []

    def recognise(path: Path) -> str | None:
        asked.append(path)
        return "listenbrainz" if path.suffix in (".jsonl", ".zip") or path == export else None

    for one in (path, export / "listens.zip", export):
        found = inspect(one, recognise_history=recognise)
        assert (found.kind, found.settings["plays"]) == ("history", {"path": str(one), "format": "listenbrainz"})
        assert found.preview == ([[line] for line in path.read_text().splitlines()] if one == path else [])
    assert asked == [path, export / "listens.zip", export]
    other = write_rows(tmp_path / "plays.tsv", HEARD, "\t")
    assert inspect(other, recognise_history=recognise) == inspect(other)
    found = inspect(path)
    assert found.kind == "unknown" and '{"listened_at":1748964167}' in found.words


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", "# Notes\n\nof mine, and more\n", "begins with '# Notes'"),
        ("a.csv", "tagID,tagValue\n1,metal\n2,rock\n", "columns are not those of plays"),
        ("a.tsv", "u1\tm\t22\tGermany\tFeb 1, 2007\n", "begins with 'u1"),
        ("a.tsv", "u1\ts1\t0\nu1\ts2\t0\n", "begins with 'u1"),
        ("a.csv", "", "an empty file"),
        ("a.csv", "user,song,count\n", "begins with 'user,song,count'"),
        ("a.csv", "user,song,count\nu1,s1,often\n", "columns are not those"),
        ("a.json", '{"a": 1, "b": 2}', "begins with"),
        ("a.bin", "a\0b,c\n", "no text"),
    ],
)
def test_what_is_unknown_is_shown_with_what_is_accepted(tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    found = inspect(tmp_path / name)
    assert found.kind == "unknown" and words in found.words and not found.settings
    assert "accepted are a folder of audio, a songs table" in found.notes[-1]


def test_folders_of_nothing(tmp_path):
    assert inspect(tmp_path).words == "an empty folder"
    (tmp_path / "notes.txt").touch()
    (tmp_path / ".hidden").mkdir()
    pl.DataFrame({"user": [1], "song": [1]}).write_parquet(tmp_path / ".hidden" / "x.parquet")
    found = inspect(tmp_path)
    assert found.words == "a folder without audio, plays or a run" and ["notes.txt"] in found.preview


def test_wrong_paths(tmp_path):
    with pytest.raises(InputError, match="nowhere: no such file or folder"):
        inspect(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe: not a regular file"):
        inspect(tmp_path / "pipe")
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match=r"x\.parquet: not whole Parquet"):
        inspect(tmp_path / "x.parquet")
    found = inspect(write_rows(tmp_path / "$a.tsv", HEARD, "\t"))
    assert "rename it" in found.notes[-1]


PIECES = [b"user", b"song_id", b"title", b"1", b"-0.5", b"\t", b",", b'"', b"\n", b"\r", b"\0", b"\xff\xfe", b"{",
          b"PAR1", b"ID3", b"\x93NUMPY", b"OggS", b"PK\x03\x04", "é".encode()]  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.sampled_from(PIECES) | st.binary(max_size=4), max_size=60).map(b"".join),
    st.sampled_from([".csv", ".tsv", ".txt", ".parquet", ".npy", ".mp3", ".gz", ""]),
)
def test_whatever_is_in_a_file(content, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"x{suffix}")
        path.write_bytes(content)
        try:
            found = inspect(path)
        except InputError as error:
            assert "x" in str(error)
        else:
            assert found.words


@pytest.mark.parametrize("name", PRESETS)
def test_a_public_data_set_is_named(name, tmp_path):
    written = PRESETS[name](tmp_path)
    config = as_mapping(preset(name).replace("$COLDWAVE_DATA", str(tmp_path)))
    found = inspect(Path(config["plays"]["path"]))
    assert found.settings["plays"] == {"path": config["plays"]["path"], "format": config["plays"]["format"]}
    assert taken(found, SONGS)["plays"]["format"] == config["plays"]["format"]
    told = sum(count for *_, count in written)  # and a few without a time, which nothing asks for here
    assert told <= found.counts["plays"] <= told + 3
    assert len(found.preview) == 5 and all(len(row) == len(found.columns) for row in found.preview)


@pytest.mark.skipif("COLDWAVE_DATA" not in os.environ, reason="COLDWAVE_DATA does not name a folder of data sets")
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("emotify/heard.tsv", "plays"), ("emotify/tracks.csv", "songs"), ("emotify", "audio folder"),
        ("hetrec2011-lastfm/user_artists.dat", "plays"), ("hetrec2011-lastfm/tags.dat", "unknown"),
        ("lastfm-360k/usersha1-artmbid-artname-plays.tsv", "plays"), ("lastfm-360k/usersha1-profile.tsv", "unknown"),
        ("lfm-2b/listening-events.tsv.bz2", "plays"), ("msd-timbre/embeddings.csv", "embeddings"),
        ("music4all/id_information.csv", "songs"), ("taste-profile/train_triplets_sample.txt", "plays"),
    ],
)  # fmt: skip
def test_published_data(path, kind):
    path = Path(os.environ["COLDWAVE_DATA"]) / path
    if not path.exists():
        pytest.skip(f"{path} is not there")
    found = inspect(path)
    assert found.kind == kind
    if found.settings:
        taken(found, OWN)
