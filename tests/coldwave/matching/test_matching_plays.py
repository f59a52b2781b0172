"""Plays of a history with the ids of songs."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.files import check_table
from coldwave.histories.listens import LISTENS
from coldwave.matching.exhibits import columns, tier_counts
from coldwave.matching.matching import match_tracks
from coldwave.matching.plays import (
    MATCHED_PLAYS,
    match_listens,
    matched_plays,
    notes,
    refuse_no_match,
    without_repeats,
)
from coldwave.matching.tracks import distinct_tracks


def listens(*rows):
    columns = ("user_id", "time", "artist", "title", "count")
    return pl.DataFrame([dict(zip(columns, row, strict=True)) for row in rows], schema=LISTENS)


SONGS = pl.DataFrame({"song_id": ["s1", "s2"], "artist": ["Ann", "Bo"], "title": ["One", "Two"]})


def library():
    songs = SONGS.with_columns(pl.lit(None, pl.String).alias(name) for name in ("album", "audio", *IDS))
    return songs.with_columns(seconds=pl.lit(None, pl.Float64))


def matched(table):
    tracks, of_listen = distinct_tracks(table)
    return tracks, of_listen, match_tracks(tracks, library())


IDS = ("recording_mbid", "track_mbid", "isrc")


def test_each_listen_gets_its_song_and_listener():
    table = listens(("u", 5.0, "ANN", "One", 1), (None, None, "Bo", "Two", 7), ("u", 6.0, "Cy", "Three", 1),
                    ("v", 7.0, "Ann", "One", 1))  # fmt: skip
    tracks, of_listen, found = matched(table)
    plays = matched_plays(table, of_listen, found)
    check_table(plays, MATCHED_PLAYS, "plays")
    assert plays.rows() == [("u", "s1", 1, 5.0), ("me", "s2", 7, None), ("v", "s1", 1, 7.0)]
    cells = columns(tier_counts(tracks, found))
    assert cells["plays"] == ["9", "1"] and cells["matched"] == ["yes", "no"]
    assert "not music: 3" in notes({"not music": 3}, 2, 1)[1] and len(notes({}, 0, 0)) == 2


def test_a_history_of_which_nothing_matches_is_refused():
    found = match_listens(listens(("u", 5.0, "Cy", "Three", 1)), library(), 30)
    with pytest.raises(InputError, match=r"h\.json: none of its 1 tracks is in the songs table: u\.csv lists them"):
        refuse_no_match(found, Path("h.json"), Path("u.csv"))


def test_a_song_under_two_names_and_a_count_of_plays():
    table = listens(("u", 5e8, "Ann", "One", 1), ("u", 5e8 + 9, "Ann", "One (Remastered 2011)", 1),
                    ("u", 5e8 + 9, "Ann", "One", 4))  # fmt: skip
    found = match_listens(table, library(), 30)
    refuse_no_match(found, Path("h.json"), Path("u.csv"))
    assert found.dropped == {"repeated under another name": 1}
    assert sorted(found.plays["count"]) == [1, 4], "a source of counts repeats nothing"
    assert match_listens(table, library(), 0).dropped == {}


@given(
    st.lists(st.tuples(st.sampled_from("uv"), st.sampled_from("ab"), st.none() | st.integers(0, 90)), max_size=20),
    st.sampled_from([0.0, 30.0]),
)
def test_the_same_song_again_is_one_play_whatever_its_name(rows, seconds):
    plays = pl.DataFrame(
        [(user, song, 1, None if time is None else float(time)) for user, song, time in rows],
        schema=MATCHED_PLAYS, orient="row",
    )  # fmt: skip
    kept, last = [], {}
    for row in sorted((row for row in plays.rows() if row[3] is not None), key=lambda row: row[3]):
        if row[:2] not in last or row[3] - last[row[:2]] >= seconds:
            kept.append(row)
            last[row[:2]] = row[3]
    kept += [row for row in plays.rows() if row[3] is None]
    assert sorted(without_repeats(plays, seconds).rows(), key=str) == sorted(kept, key=str)
