"""The tables that people write: overrides, and MBIDs that were merged."""

import pytest
from matching_tables import songs_of, tracks_of

from coldwave.errors import InputError
from coldwave.exhibits.files import spreadsheet_csv
from coldwave.matching.exhibits import unmatched_tracks
from coldwave.matching.identifiers import read_redirects
from coldwave.matching.matching import match_tracks
from coldwave.matching.overrides import OVERRIDES, read_overrides

ONE, TWO = "aaaaaaaa-0000-4000-8000-000000000000", "bbbbbbbb-0000-4000-8000-000000000000"


def test_overrides_are_read(tmp_path):
    path = tmp_path / "overrides.csv"
    path.write_bytes(
        b'\xef\xbb\xbfsong_id,plays,title,artist,album\r\ns1,3,Song,A,\r\nNone,1,"B, or C",A,X\r\n,9,Later,A,\r\n\r\n'
        b"s0,1,'-Song,'=A,\r\n"
    )
    table = read_overrides(path, ["s0", "s1"])
    assert dict(table.schema) == OVERRIDES
    assert table.rows() == [("A", "Song", None, "s1"), ("A", "B, or C", "X", "None"), ("=A", "-Song", None, "s0")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "overrides are empty"),
        ("artist,title\nA,B\n", "no column 'song_id'"),
        ("artist,title,song_id\nA,B\n", r"line 2: 2 fields, and the header has 3"),
        ("artist,title,song_id\nA,B,s0\nA,C,s7\n", r"line 3: the library has no song 's7'"),
        ("artist,title,song_id\nA,B,s0\na,b,none\n", r"lines 2 and 3: the same track is both 's0' and 'none'"),
        ('artist,title,song_id\nA,"B,s0\n', "cannot be read"),
    ],
)
def test_wrong_overrides(tmp_path, text, message):
    path = tmp_path / "overrides.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"overrides\.csv.*{message}"):
        read_overrides(path, ["s0"])


def test_overrides_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv"):
        read_overrides(tmp_path / "none.csv", [])


def test_the_list_of_unmatched_tracks_filled_in_is_a_table_of_overrides(tmp_path):
    tracks = tracks_of({"artist": "=A", "title": "Sung"}, {"artist": "B", "title": "-x", "album": "Y"})
    songs = songs_of({"artist": "=A", "title": "Song"})
    unmatched = unmatched_tracks(tracks, match_tracks(tracks, songs), songs)
    path = tmp_path / "unmatched.csv"
    header, *rows = spreadsheet_csv(unmatched).splitlines()
    place = header.split(",").index("song_id")
    fields = [row.split(",") for row in rows]
    fields[[row[0] for row in fields].index("'=A")][place] = "s0"
    path.write_text("\n".join([header, *map(",".join, fields)]))
    table = match_tracks(tracks, songs, overrides=read_overrides(path, songs["song_id"]))
    assert table.select("song_id", "how").rows() == [("s0", "override"), (None, "no such artist")]


def test_redirects_are_read(tmp_path):
    path = tmp_path / "redirects.csv"
    path.write_text(f"to,comment,from\n{TWO.upper()},x, {ONE}\n")
    redirects = read_redirects(path)
    table = match_tracks(tracks_of({"recording_mbid": ONE}), songs_of({"recording_mbid": TWO}), redirects=redirects)
    assert table["song_id"].to_list() == ["s0"]


@pytest.mark.parametrize("text", ["", "from,into\na,b\n", f"from,to\n{ONE},\n", f"from,to\n{ONE},x\n"])
def test_wrong_redirects(tmp_path, text):
    path = tmp_path / "redirects.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"redirects\.csv"):
        read_redirects(path)
