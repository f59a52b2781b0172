"""Which file is of which format: each recogniser against the files of all."""

import bz2
import gzip
import json
import lzma
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from history_files import (
    API_TRACK,
    GOLDEN,
    LASTFM_ROW,
    RECENT,
    SHORT_STREAM,
    csv_text,
    json_lines,
    unzipped,
    write_all,
    zipped,
)

from coldwave.errors import InputError
from coldwave.histories.formats import HISTORIES, recognise
from coldwave.histories.options import DEFAULTS, OF_FORMATS
from coldwave.histories.reading import collect, read_history
from coldwave.histories.values import UTC

NO_HISTORIES = {
    "triplets": "b80344d063b5ccb3212f76538f3d9e43d87dca9e\tSOAKIMP12A8C130995\t1\n" * 3,
    "songs": "song_id,title,artist,album,date,tags,audio\ns1,Roads,Portishead,Dummy,1994-08-22,trip-hop,a.mp3\n",
    "songs without ids": "title,artist,album,date,time\nRoads,Portishead,Dummy,1994-08-22,1994\n",
    "songs by four": "title,artist,album,date\nRoads,Portishead,Dummy,1994-08-22\nSour Times,Portishead,Dummy,1994\n",
    "songs with times": "song_id,title,artist,timestamp\ns1,Roads,Portishead,1748964167\n",
    "plays": "user\tsong\tcount\nu\ts\t3\n",
    "feedback": '{"recording_mbid": null, "score": 1, "created": 1748964300}\n',
    "user": '{"user_id": 7, "username": "rob"}\n',
    "no records": "[]",
    "an object": "{}",
    "other JSON": '[{"artist": "a", "title": "t", "time": 3}, 4, null]',
    "other scrobbles": '{"username": "x", "scrobbles": [{"track": "t", "artist": "a", "album": "b", "date": 1}]}',
    "broken JSON": '[{"ts": "2023-03-19T18:31:37Z", "ms_pl',
    "nothing": "",
    "blank": "\n\n",
    "words": "Once upon a time,\nthere was a song.\n",
    "bytes": "\x00\x01\x02\ufffd" * 100,
    "header alone": "time,artist,title\n",
}


def test_every_file_is_recognised_by_its_format_alone(tmp_path):
    files = write_all(tmp_path)
    assert files.keys() == HISTORIES.keys()
    for name, paths in files.items():
        for path in paths:
            assert recognise(path) == name, path
            assert collect(read_history(path)).table.height, path  # a second look, and it is read by that format


@pytest.mark.parametrize("text", NO_HISTORIES.values(), ids=NO_HISTORIES.keys())
def test_what_is_no_history_is_not_taken_for_one(text, tmp_path):
    (tmp_path / "file").write_text(text, encoding="utf-8")
    assert recognise(tmp_path / "file") is None
    with pytest.raises(InputError, match="not a history of listens that is known. Known are listenbrainz: "):
        read_history(tmp_path / "file")


@pytest.mark.parametrize("name", HISTORIES)
def test_options_that_a_format_cannot_follow_change_nothing_of_what_is_read(name, tmp_path):
    paths = write_all(tmp_path)[name]
    tables = [batch.table for path in paths for batch in HISTORIES[name].read(path, DEFAULTS | {"timezone": UTC})]
    there = [
        batch.table
        for path in paths
        for batch in HISTORIES[name].read(path, DEFAULTS | {"timezone": ZoneInfo("Asia/Tokyo")})
    ]
    told = {
        "min_seconds": any(table["played"].count() for table in tables),
        "incognito": any(table["incognito"].count() for table in tables),
        "timezone": not all(one.equals(other) for one, other in zip(tables, there, strict=True)),
    }
    assert [option for option in told if told[option] and name not in OF_FORMATS[option]] == []


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_in_another_format_than_said_is_refused_with_the_right_one_told(name, tmp_path):
    path = tmp_path / "scrobbles"
    path.write_text(csv_text([LASTFM_ROW] * 2))
    if name == "lastfm":
        assert collect(read_history(path, name)).table.height
    else:
        with pytest.raises(InputError, match=r"It looks like lastfm: write plays\.format: lastfm$"):
            collect(read_history(path, name))


def zstd(data):
    return pa.Codec("zstd").compress(data, asbytes=True)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd])
def test_packed_files_are_known_by_content(pack, tmp_path):
    (tmp_path / "file").write_bytes(pack(RECENT.encode()))
    assert recognise(tmp_path / "file") == "lastfm"
    (row,) = collect(read_history(tmp_path / "file")).table.to_dicts()
    assert row["title"] == "Modern Lust"


def test_a_misleading_name_and_a_byte_order_mark_do_not_matter(tmp_path):
    path = tmp_path / "Streaming_History_Audio_2020.json"
    path.write_bytes(b"\xef\xbb\xbf" + json_lines(GOLDEN).encode())
    assert recognise(path) == "listenbrainz"
    assert collect(read_history(path)).table.height == 1


def test_a_folder_of_two_formats_takes_a_name(tmp_path):
    unzipped(tmp_path, {"a": json_lines(GOLDEN), "b": json.dumps([SHORT_STREAM])})
    with pytest.raises(InputError, match="holds listenbrainz .*/a.* and spotify .*/b.*name the format"):
        recognise(tmp_path)
    assert collect(read_history(tmp_path, "spotify")).table["title"].to_list() == ["Roygbiv"]


def test_files_of_a_folder_that_hold_something_else_are_named(tmp_path, caplog):
    caplog.set_level("INFO")
    unzipped(tmp_path, {"listens/1": json_lines(GOLDEN), "notes.txt": "Hello", ".hidden": "Hello"})
    assert collect(read_history(tmp_path)).table.height == 1
    assert "not read, as they do not hold listens of ListenBrainz" in caplog.text
    assert "notes.txt" in caplog.text and ".hidden" not in caplog.text


def test_a_folder_of_music_or_none_is_no_history(tmp_path):
    unzipped(tmp_path, {f"album/{n}.mp3": "ID3" for n in range(3)})
    assert recognise(tmp_path) is None
    with pytest.raises(InputError, match="no such file or folder"):
        recognise(tmp_path / "missing")


def test_damage_is_told_with_the_file_s_name(tmp_path):
    whole = zipped(
        tmp_path / "whole", {"a.jsonl": json_lines(*[GOLDEN | {"listened_at": 2e9 + n} for n in range(999)])}
    )
    data = whole.read_bytes()
    (tmp_path / "cut").write_bytes(data[: len(data) // 2])
    at = data.index(b"a.jsonl") + 2000
    (tmp_path / "spoilt").write_bytes(data[:at] + b"\xff" * 50 + data[at + 50 :])
    for name in ("cut", "spoilt"):
        with pytest.raises(InputError, match=rf"{name}.*cannot be read .*the file is not whole"):
            collect(read_history(tmp_path / name, "listenbrainz"))


def test_json_that_is_not_whole_is_refused(tmp_path):
    text = json.dumps([API_TRACK] * 5)
    (tmp_path / "cut").write_text(text[:-30])
    with pytest.raises(InputError, match=r"cut: not valid JSON after 4 records .*export it again"):
        collect(read_history(tmp_path / "cut"))


def test_an_unknown_format_is_refused(tmp_path):
    (tmp_path / "file").write_text(csv_text([["a"]]))
    with pytest.raises(InputError, match="'itunes' is no format of a history: they are listenbrainz, lastfm"):
        read_history(tmp_path / "file", "itunes")
