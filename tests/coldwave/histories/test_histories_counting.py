"""What counts as a play: time, seconds, and the same song taken once."""

import datetime

import numpy as np
import polars as pl
import pytest
from history_files import DREAMIN, GOLDEN, LASTFM_ROW, STREAM, csv_text, json_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.histories import reading, repeats
from coldwave.histories.counting import count_dropped
from coldwave.histories.listens import LISTENS, Listens
from coldwave.histories.options import DEFAULTS, checked
from coldwave.histories.reading import collect, read_history
from coldwave.histories.repeats import without_repeats


def events(path, *rows, header="time,artist,title,user,duration,seconds_played"):
    path.write_text(header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    "begin", ["2024-05-01", 1714521600, datetime.date(2024, 5, 1), "2024-05-01T00:00:00Z", "2024-05"]
)
def test_a_range_of_time_is_half_open(begin, tmp_path):
    path = events(tmp_path / "x", *[(1714521600 + n * 86400, "a", n, "", "", "") for n in range(-1, 3)])
    found = collect(read_history(path, options={"since": begin, "until": "2024-05-03"}))
    assert found.table["title"].to_list() == ["0", "1"]
    assert found.dropped == {"before since": 1, "at or after until": 1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"since": "soon"}, "since: 'soon' is neither a date"),
        ({"until": 2024}, "until: 2024 is neither a date"),
        ({"since": "2024-05-01", "until": "2024-05-01"}, "since: 2024-05-01 is not earlier than until"),
        ({"min_seconds": -1}, "min_seconds: -1 is not a number of seconds"),
        ({"repeats_within": "30"}, "repeats_within: '30' is not a number"),
        ({"min_second": 3}, "min_second: no such option of a history; did you mean min_seconds"),
    ],
)
def test_options_are_checked_before_anything_is_read(options, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read_history(tmp_path / "missing", "events", options)
    assert checked({}).keys() == DEFAULTS.keys()


def test_seconds_played(tmp_path):
    path = events(
        tmp_path / "x",
        (1714521600, "a", "long enough", "", 200, 30),
        (1714521600, "a", "cut off", "", 200, 29),
        (1714521600, "a", "short and whole", "", 20, 19.5),
        (1714521600, "a", "short and cut off", "", 20, 10),
        (1714521600, "a", "unknown", "", 20, ""),
        (1714521600, "a", "of unknown length", "", "", 29),
    )
    found = collect(read_history(path))
    assert found.table["title"].to_list() == ["long enough", "short and whole", "unknown"]
    assert found.dropped == {"played under 30 s": 3}


def by_hand(rows, seconds):
    """Keep a listen unless one kept of the same user and song began less than ``seconds`` before, one by one."""
    kept = []
    for place in sorted(range(len(rows)), key=lambda place: (rows[place][2], place)):
        user, song, time = rows[place]
        if not any(rows[k][:2] == (user, song) and abs(time - rows[k][2]) < seconds for k in kept):
            kept.append(place)
    return sorted(kept)


def listens(rows):
    table = pl.DataFrame(
        [(user, "artist", song, float(time), 1) for user, song, time in rows],
        schema={"user_id": pl.String, "artist": pl.String, "title": pl.String, "time": pl.Float64, "count": pl.UInt32},
        orient="row",
    )
    return table.with_columns(pl.int_range(1, table.height + 1).cast(pl.UInt64).alias("line")).select(
        [pl.col(name) if name in table.columns or name == "line" else pl.lit(None, dtype=kind).alias(name)
         for name, kind in LISTENS.items()]
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["u", "v"]), st.sampled_from(["s", "t"]), st.integers(0, 150)), max_size=40),
    st.sampled_from([1, 30, 60]),
    st.sampled_from([3, 10**6]),
    st.integers(1, 7),
)
def test_repeats_are_those_found_one_by_one(rows, seconds, most_rows, batch):
    before, repeats.MOST_ROWS = repeats.MOST_ROWS, most_rows
    try:
        table = listens(rows)
        batches = [Listens(table[begin : begin + batch]) for begin in range(0, len(rows), batch)]
        found = collect(without_repeats(batches, seconds))
    finally:
        repeats.MOST_ROWS = before
    kept = by_hand(rows, seconds)
    assert sorted(line - 1 for line in found.table["line"]) == kept
    assert sum(found.dropped.values()) == len(rows) - len(kept)


def test_names_are_compared_without_what_exporters_delete(tmp_path):
    rows = [
        (1714521600, "Tyler The Creator", "Earfquake", "", "", ""),
        (1714521605, '"TYLER, the Creator"', "EARFQUAKE!", "", "", ""),
        (1714521610, "Björk", "Jóga", "", "", ""),
        (1714521612, "Bjo\u0308rk", "Jo\u0301ga", "", "", ""),
        (1714521615, "???", "!!!", "", "", ""),
        (1714521620, "???", "---", "", "", ""),
    ]
    found = collect(read_history(events(tmp_path / "x", *rows)))
    assert found.table["line"].to_list() == [2, 4, 6, 7]
    assert found.dropped == {"repeated within 30 s": 2}
    assert collect(read_history(tmp_path / "x", options={"repeats_within": 0})).table.height == 6


def test_sources_of_several_formats_take_a_song_once(tmp_path):
    """Scrobbled when it began, and exported by Spotify when it ended: one play."""
    scrobble = {"artist_name": "All Time Low", "track_name": "Monsters (feat. blackbear)"}
    listenbrainz = tmp_path / "l"
    listenbrainz.write_text(json_lines({"listened_at": 1679250530, "track_metadata": scrobble}, GOLDEN, DREAMIN))
    spotify = tmp_path / "s"
    spotify.write_text("[" + json_lines(STREAM).strip() + "]")
    lastfm = tmp_path / "f"
    lastfm.write_text(csv_text([LASTFM_ROW]))
    found = collect(read_history([listenbrainz, spotify, lastfm]))
    assert found.table.select("source", "line").rows() == [
        (str(listenbrainz), 2),
        (str(listenbrainz), 3),
        (str(spotify), 1),
        (str(lastfm), 1),
    ]
    assert found.dropped == {"repeated within 30 s": 1}
    with pytest.raises(InputError, match="a history is given twice"):
        read_history([lastfm, tmp_path / "." / "f"])


def test_users_stay_apart_unless_all_are_one(tmp_path):
    path = events(tmp_path / "x", *[(1714521600, "a", "b", user, "", "") for user in ("u", "v", "")])
    assert collect(read_history(path)).table["user_id"].to_list() == ["u", "v", None]
    alone = collect(read_history(path, options={"user": "me"}))
    assert alone.table["user_id"].to_list() == ["me"] and alone.dropped == {"repeated within 30 s": 2}


def test_what_was_dropped_is_said_in_words_and_logged(tmp_path, caplog):
    assert count_dropped({"not music": 3, "played under 30 s": 1204}) == "played under 30 s: 1,204, not music: 3"
    assert count_dropped({}) == "nothing"
    caplog.set_level("INFO")
    path = events(
        tmp_path / "x", *[(1714521600 + n, "a", "b", "", "", n) for n in (0, 5, 40, 50)], ("", "a", "b", "", "", "")
    )
    list(read_history(path))
    assert "1 listens taken; dropped: played under 30 s: 2, repeated within 30 s: 1; 1 lines set aside" in caplog.text


def test_a_wrong_file_is_given_up_on_early(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "HOPELESS", 5)
    path = events(tmp_path / "x", *[("never", "a", "b", "", "", "")] * 50_010)
    batches = read_history(path, "events")
    with pytest.raises(InputError, match=r"no listen in it, .*: time is neither .*, e\.g\. .*line 2: 'never,a,b,,,'"):
        list(batches)


def test_times_far_apart_keep_their_order(tmp_path):
    """A long random history against a count of its own."""
    rng = np.random.default_rng(0)
    rows = [
        ("u", str(song), int(time))
        for song, time in zip(rng.integers(0, 20, 1000), rng.integers(0, 12_000, 1000), strict=True)
    ]
    found = collect(without_repeats([Listens(listens(rows))], 30))
    assert [line - 1 for line in found.table["line"]] == by_hand(rows, 30)
