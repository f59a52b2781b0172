"""Songs tables in JSON, as the Melon Playlist Dataset has one, and paths of audio made from ids."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.plays.audio_pattern import path_of
from coldwave.plays.catalogue import CATALOGUE, read_catalogue
from coldwave.plays.dates import release_date

COLUMNS = {
    "song_id": "id",
    "title": "song_name",
    "artist": "artist_name_basket",
    "album": "album_name",
    "date": "issue_date",
    "tags": "song_gn_gnr_basket",
}
SONG = {
    "song_gn_dtl_gnr_basket": ["GN0901"],
    "issue_date": "20140512",
    "album_name": "불후의 명곡",
    "album_id": 2255639,
    "artist_id_basket": [2727],
    "song_name": "Feelings",
    "song_gn_gnr_basket": ["GN0900", "GN0100", "GN0900"],
    "artist_name_basket": ["Various", "Artists"],
    "id": 0,
}


def read(folder, songs, **options):
    path = folder / "song_meta.json"
    text = songs if isinstance(songs, bytes) else json.dumps(songs, ensure_ascii=False).encode()
    path.write_bytes(text)
    return read_catalogue(path, {"columns": COLUMNS} | options)


def test_a_song_of_the_melon_layout(tmp_path):
    songs, rejected = read(tmp_path, [SONG])
    assert songs.schema == pl.Schema(CATALOGUE) and rejected.is_empty()
    row = songs.row(0, named=True)
    assert {key: value for key, value in row.items() if value} == {
        "song_id": "0",
        "title": "Feelings",
        "artist": "Various, Artists",
        "album": "불후의 명곡",
        "date": "2014-05-12",
        "tags": ["GN0900", "GN0100"],
    }


def test_what_is_no_song_is_set_aside_with_its_number(tmp_path):
    odd = [
        SONG | {"id": 1, "artist_name_basket": [], "issue_date": "00000000", "song_gn_gnr_basket": None},
        "text",
        SONG | {"id": None},
        SONG | {"id": 1},
        SONG | {"id": 2, "song_name": "a\0b"},
        SONG | {"id": 3, "issue_date": "20141301"},
        {"id": 4},
        SONG | {"id": 5, "issue_date": "20140000", "artist_name_basket": [None, " x "]},
        [1],
    ]
    songs, rejected = read(tmp_path, odd)
    assert songs["song_id"].to_list() == ["1", "3", "4", "5"]
    assert songs["date"].to_list() == [None, None, None, "2014"]
    assert songs["artist"].to_list() == [None, "Various, Artists", None, "x"]
    assert dict(zip(rejected["line"], rejected["reason"], strict=True)) == {
        2: "not a JSON object",
        3: "empty song id",
        4: "song id occurs before",
        5: "NUL byte",
        6: "date is not YYYY, YYYY-MM, YYYY-MM-DD or YYYYMMDD; the song is kept without it",
        9: "not a JSON object",
    }


def test_text_that_is_not_utf_8_loses_its_song_alone(tmp_path):
    good = json.dumps(SONG | {"id": 9})
    text = "[" + json.dumps(SONG) + "," + json.dumps(SONG | {"id": 1, "song_name": "\ud83d"}) + "," + good + "]"
    songs, rejected = read(tmp_path, text.encode().replace(b"Various", b"V\xffrious", 1))
    assert songs["song_id"].to_list() == ["9"]
    assert rejected["reason"].to_list() == ["not valid utf-8"] * 2


@pytest.mark.parametrize(
    "content, told",
    [
        (b"[{", "not valid JSON"),
        (b"", "not valid JSON"),
        (b"[]", "there is no song"),
        (b'{"a": [1]}', "an array of objects is expected"),
        (b'[{"song": 1}]', "id"),
    ],
)
def test_files_that_are_no_songs_table(tmp_path, content, told):
    with pytest.raises(InputError, match=told):
        read(tmp_path, content)


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_a_pattern_divides_ids(number, divisor):
    pattern = f"{{id//{divisor}}}/{{id}}.npy"
    assert path_of(pattern, str(number)) == f"{number // divisor}/{number}.npy"


def test_a_pattern_of_ids_that_are_no_numbers():
    assert path_of("{id}/x{id}.npy", "a b") == "a b/xa b.npy"
    for song_id in ("a", "-1", "1.5", "²", "١"):
        assert path_of("{id//1000}/{id}.npy", song_id) is None


def test_paths_of_a_pattern_stay_below_the_root(tmp_path):
    (tmp_path / "mel").mkdir()
    songs = [SONG | {"id": song_id} for song_id in (1234, "../x", "/etc/passwd", "a")]
    options = {"audio_root": str(tmp_path / "mel")}
    found, rejected = read(tmp_path, songs, audio_pattern="{id}.npy", **options)
    root = str(tmp_path / "mel")
    assert found["audio"].to_list() == [f"{root}/1234.npy", None, None, f"{root}/a.npy"]
    assert [reason[:20] for reason in rejected["reason"]] == ["audio lies outside p"] * 2
    found, rejected = read(tmp_path, songs, audio_pattern="{id//1000}/{id}.npy", **options)
    assert found["audio"].to_list() == [f"{root}/1/1234.npy", None, None, None]
    assert [reason[:38] for reason in rejected["reason"]] == ["plays.songs.audio_pattern divides the i"[:38]] * 3


@pytest.mark.parametrize(
    "text, date",
    [("20140512", "2014-05-12"), ("20140500", "2014-05"), ("20140000", "2014"), ("20140012", None), ("2014051", None),
     ("00000000", None), ("20140230", None)],
)  # fmt: skip
def test_dates_of_eight_digits(text, date):
    assert release_date(text) == date
