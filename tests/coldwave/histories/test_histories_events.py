"""Tables of events: columns by their common names, or as they are named in the options."""

import pytest
from history_files import MBID, csv_text
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.histories.formats import recognise
from coldwave.histories.reading import collect, read_history

NAMES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
    st.lists(st.sampled_from(['"', ",", "\n", "\r\n", "\r", ";", "\t", "a", "é", "音", "𝄞", " "]), max_size=9).map(
        "".join
    ),
).filter(lambda text: text.count("\n") < 6)
FULL = NAMES.filter(str.strip)


def read(path, text, **options):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return collect(read_history(path, "events", options))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(",;\t|"),
    st.lists(st.tuples(NAMES, FULL, NAMES, FULL, st.integers(1_000_000_000, 1_900_000_000)), min_size=1, max_size=6),
)
def test_names_come_back_as_they_were_written(tmp_path_factory, delimiter, rows):
    text = csv_text([["user", "artist", "album", "title", "time"], *[list(map(str, row)) for row in rows]], delimiter)
    found = read(tmp_path_factory.mktemp("x") / "x", text, repeats_within=0)
    assert not found.rejected.height
    expected = [(*(name.strip() or None for name in row[:4]), float(row[4])) for row in rows]
    assert found.table.select("user_id", "artist", "album", "title", "time").rows() == expected


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("1714557600", 1714557600),
        ("1714557600.5", 1714557600.5),
        ("1714557600500", 1714557600.5),
        ("2024-05-01T10:00:00Z", 1714557600),
        ("2024-05-01 10:00", 1714557600),
        ("2024-05-01T12:00:00+02:00", 1714557600),
        ("01 May 2024, 10:00", 1714557600),
        ("2024-05-01", 1714521600),
    ],
)
def test_times(time, seconds, tmp_path):
    found = read(tmp_path / "x", csv_text([["time", "artist", "title"], [time, "Björk", "Hyperballad"]]))
    assert found.table["time"].to_list() == [seconds]


def test_times_without_a_zone_are_in_the_one_given(tmp_path):
    text = "time\tartist\ttitle\n2024-05-01 10:00\tBjörk\tJóga\n2024-05-01 10:00Z\tBjörk\tBachelorette\n"
    found = read(tmp_path / "x", text, timezone="America/New_York")
    assert found.table["time"].to_list() == [1714557600 + 4 * 3600, 1714557600]
    with pytest.raises(InputError, match="timezone: 'Berlin' is not a time zone"):
        read(tmp_path / "x", text, timezone="Berlin")


def test_all_columns(tmp_path):
    header = "Played At;Artist Name;Track Name;Album;User;MBID;ISRC;duration_ms;ms_played;plays;File Path;other"
    line = f"2024-05-01 10:00;Björk;Jóga;Homogenic;anna;{MBID};GBAYE8100053;305000;301000;2;a/b.mp3;x"
    (row,) = read(tmp_path / "x", f"{header}\n{line}\n").table.to_dicts()
    del row["source"]
    assert row == {
        "line": 2,
        "user_id": "anna",
        "time": 1714557600.0,
        "artist": "Björk",
        "title": "Jóga",
        "album": "Homogenic",
        "recording_mbid": MBID,
        "mapped_mbid": None,
        "isrc": "GBAYE8100053",
        "duration": 305.0,
        "played": 301.0,
        "count": 2,
        "path": "a/b.mp3",
    }


def test_columns_that_are_named(tmp_path):
    text = "when|who|what|artist\n1714557600|Björk|Jóga|x\n"
    columns = {"time": "when", "artist": "who", "title": 3}
    found = read(tmp_path / "x", text, columns=columns)
    assert found.table.select("artist", "title").rows() == [("Björk", "Jóga")]
    with pytest.raises(InputError, match=r"columns.title: .* has no column 'whta'.*did you mean 'what'"):
        read(tmp_path / "x", text, columns=columns | {"title": "whta"})
    with pytest.raises(InputError, match="columns.titel: no such column of an event; did you mean title"):
        read(tmp_path / "x", text, columns={"titel": "what"})
    with pytest.raises(InputError) as refused:
        read(tmp_path / "x", text)
    assert [line.partition(": no column of ")[0] for line in str(refused.value).splitlines()] == [
        "plays.history.columns.time",
        "plays.history.columns.title",
    ]
    assert "is known as the time: name it here. It has 'when', 'who', 'what', 'artist'" in str(refused.value)


def test_a_table_without_a_header(tmp_path):
    """As Last.fm-1K is laid out."""
    line = f"user_000001\t2009-05-04T23:08:57Z\t{MBID}\tDeep Dish\t\tFlashdance (Original Mix)\n"
    columns = {"user": 1, "time": 2, "artist": 4, "title": 6}
    found = read(tmp_path / "x", line * 2 + "short\n", header=False, columns=columns, repeats_within=0)
    assert found.table.select("line", "user_id", "artist", "time").rows() == [
        (1, "user_000001", "Deep Dish", 1241478537.0),
        (2, "user_000001", "Deep Dish", 1241478537.0),
    ]
    assert found.rejected.select("line", "reason").rows() == [(3, "no time")]


def test_quotes_within_names_that_no_rule_was_followed_for(tmp_path):
    text = 'time\tartist\ttitle\n1714557600\tDavid Bowie\t"Heroes" (live)\n1714557700\t"Weird Al" Yankovic\t12" mix\n'
    found = read(tmp_path / "x", text)
    assert found.table.select("artist", "title").rows() == [
        ("David Bowie", '"Heroes" (live)'),
        ('"Weird Al" Yankovic', '12" mix'),
    ]


def test_malformed_lines(tmp_path):
    lines = [
        "time,artist,title,count",
        "1714557600,a,b,1",
        "1714557600,a,b",
        ",a,b,1",
        "1,a,b,0",
        "2e9,a,b,1",
        "1714557600,,b,1",
        "",
    ]
    found = read(tmp_path / "x", "\n".join([*lines, "1714557600,c,b,1.5", '1714557600,"c,b,1', '1,"c,b']))
    assert found.rejected.select("line", "reason").rows() == [
        (3, "wrong number of fields"),
        (4, "no time"),
        (5, "count is not a whole number above 0"),
        (6, "time is neither a date and time nor Unix seconds"),
        (7, "no artist"),
        (9, "count is not a whole number above 0"),
        (11, "quotes do not match"),
    ]


def test_other_encodings(tmp_path):
    text = "time,artist,title\n1714557600,Björk,Jóga\n"
    for encoding in ("latin-1", "utf-16"):
        found = read(tmp_path / "x", text.encode(encoding), encoding=encoding)
        assert found.table.select("artist", "title").rows() == [("Björk", "Jóga")]
    with pytest.raises(InputError, match="not valid utf-9"):
        read(tmp_path / "x", text, encoding="utf-9")
    with pytest.raises(InputError, match="no listen in it, read as events .*not valid UTF-8, e.g. .*line 2"):
        read(tmp_path / "x", text.encode("latin-1"))


def test_a_header_without_lines_holds_no_listen(tmp_path):
    with pytest.raises(InputError, match="no listen in it, .*: the file holds no line of data"):
        read(tmp_path / "x", "time,artist,title\n")
    (tmp_path / "x").write_text("")
    with pytest.raises(InputError, match="the first line is no header: ''"):
        collect(read_history(tmp_path / "x", "events"))


def test_a_table_of_songs_is_no_events(tmp_path):
    (tmp_path / "songs.csv").write_text("id,title,artist,date\n1,Jóga,Björk,1997-09-22\n2,Roads,Portishead,1994\n")
    assert recognise(tmp_path / "songs.csv") is None
    (tmp_path / "events.csv").write_text("id,title,artist,date\n1,Jóga,Björk,1997-09-22 10:00\n")
    assert recognise(tmp_path / "events.csv") == "events"
