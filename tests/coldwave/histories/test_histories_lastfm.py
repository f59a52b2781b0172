"""Last.fm's exporters: CSV without a header, CSV with one, the API's JSON."""

import datetime
import json

from history_files import API_NOW, API_TRACK, LASTFM_ROW, MBID, RECENT, csv_text
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.histories.reading import collect, read_history

SETTINGS = {"repeats_within": 0}
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
WITH_SIGNS = st.lists(st.sampled_from(['"', ",", "\n", "\r\n", "\r", ";", "\t", "a", "é", "音", "𝄞", " "]), max_size=9)
TEXTS = st.one_of(NAMES, WITH_SIGNS.map("".join)).filter(lambda text: text.count("\n") < 6)
FULL = TEXTS.filter(str.strip)


def read(path, text, **options):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return collect(read_history(path, "lastfm", options))


def test_a_row_without_a_header(tmp_path):
    (row,) = read(tmp_path / "x", csv_text([LASTFM_ROW])).table.to_dicts()
    assert (row["artist"], row["album"], row["title"]) == ("TEEN", "In Limbo", "Roses & Wine")
    assert row["time"] == datetime.datetime(2014, 5, 22, 20, 11, tzinfo=datetime.UTC).timestamp()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(FULL, TEXTS, FULL, st.integers(1_000_000_000, 1_900_000_000)), min_size=1, max_size=6))
def test_names_come_back_as_they_were_written(tmp_path_factory, rows):
    minutes = [(artist, album, title, time // 60 * 60) for artist, album, title, time in rows]
    spoken = "{0.day} {0:%b %Y %H:%M}".format
    written = [[*row[:3], spoken(datetime.datetime.fromtimestamp(row[3], datetime.UTC))] for row in minutes]
    found = read(tmp_path_factory.mktemp("x") / "x", csv_text(written), **SETTINGS)
    assert not found.rejected.height
    expected = [
        (artist.strip(), album.strip() or None, title.strip(), float(time)) for artist, album, title, time in minutes
    ]
    assert found.table.select("artist", "album", "title", "time").rows() == expected


def test_an_open_quote_spoils_only_its_line(tmp_path):
    good = csv_text([LASTFM_ROW])
    lines = f'{good}"Heroes,David Bowie,Heroes\n' + good * 40 + '"A"B,C,D,22 May 2014 20:11\n' + good
    found = read(tmp_path / "x", lines, **SETTINGS)
    assert found.rejected.select("line", "reason").rows() == [(2, "quotes do not match")]
    assert found.table["line"].to_list() == [1, *range(3, 45)]
    assert found.table["artist"][-2] == '"A"B', "the line has four fields as it stands"


def test_lines_are_numbered_over_names_of_several_lines(tmp_path):
    text = csv_text([["a\nb", "c", "d", LASTFM_ROW[3]]]) + "x,y\n" + csv_text([LASTFM_ROW])
    found = read(tmp_path / "x", text)
    assert found.table["line"].to_list() == [1, 4]
    assert found.rejected.select("line", "reason").rows() == [(3, "wrong number of fields")]


def test_bytes_that_are_no_text_spoil_only_their_line(tmp_path):
    text = (
        csv_text([LASTFM_ROW]).encode()
        + b"Bj\xf6rk,Post,Hyperballad,22 May 2014 20:20\n"
        + csv_text([LASTFM_ROW]).encode()
    )
    found = read(tmp_path / "x", text, **SETTINGS)
    assert found.table["line"].to_list() == [1, 3]
    assert found.rejected.select("line", "reason").rows() == [(2, "not valid UTF-8")]


def test_a_csv_with_a_header_is_read_by_its_uts(tmp_path):
    local = RECENT + RECENT.splitlines()[1].replace("1767217094", "1767217994") + "\n"
    table = read(tmp_path / "x", local).table
    assert table["time"].to_list() == [1767217094.0, 1767217994.0], "the text beside it may be in another zone"
    assert table["recording_mbid"][0] == "da5d357e-3b0b-4a3f-8f02-3c0e5a8d8a10"
    assert table.select("artist", "album", "title").row(0) == ("Oneohtrix Point Never", "Tranquilizer", "Modern Lust")


def test_songs_playing_now_have_no_time_and_are_left_out(tmp_path):
    pages = [{"track": [API_NOW, API_TRACK], "@attr": {"user": "rj"}}, {"track": [API_TRACK | {"name": "Angel"}]}]
    found = read(tmp_path / "x", json.dumps(pages))
    assert found.dropped == {"playing now, so without a time": 1}
    rows = found.table.select("line", "user_id", "artist", "title", "album", "time", "recording_mbid").rows()
    assert rows == [
        (2, "rj", "Massive Attack", "Teardrop", "Mezzanine", 1749776100.0, MBID),
        (3, None, "Massive Attack", "Angel", "Mezzanine", 1749776100.0, MBID),
    ]
    found = read(tmp_path / "x", csv_text([LASTFM_ROW, ["TEEN", "In Limbo", "Now", ""]]))
    assert found.dropped == {"playing now, so without a time": 1}


def test_bulk_imports_share_one_time_and_stay_apart_by_song(tmp_path):
    rows = [["TEEN", "In Limbo", f"Song {n % 5}", "22 May 2014 20:11"] for n in range(10)]
    found = read(tmp_path / "x", csv_text(rows))
    assert found.table.height == 5 and found.dropped == {"repeated within 30 s": 5}


def test_a_clock_that_was_not_set_is_no_time(tmp_path):
    found = read(tmp_path / "x", csv_text([["TEEN", "In Limbo", "Wine", "01 Jan 1970 00:00"], LASTFM_ROW]))
    assert found.table["time"].to_list()[0] is None
    dropped = read(
        tmp_path / "x", csv_text([["TEEN", "", "Wine", "01 Jan 1970 00:00"], LASTFM_ROW]), since="2000-01-01"
    )
    assert dropped.dropped == {"of unknown time, with since or until set": 1}


def test_a_malformed_scrobble_of_the_api_is_set_aside(tmp_path):
    page = {"recenttracks": {"track": [API_TRACK, 3, API_TRACK | {"name": ""}, API_TRACK | {"date": {"uts": "x"}}]}}
    found = read(tmp_path / "x", json.dumps(page))
    assert found.rejected["reason"].to_list() == [
        "not a JSON object",
        "no title",
        "time is neither a date and time nor Unix seconds",
    ]
    extended = API_TRACK | {"artist": {"name": "Björk"}}
    assert read(tmp_path / "x", json.dumps([extended])).table["artist"].to_list() == ["Björk"]
