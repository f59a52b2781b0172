"""The distinct tracks of listens, and the tables that people get."""

import random

import polars as pl
from matching_tables import songs_of, tracks_of

from coldwave.matching.exhibits import (
    COUNTS,
    MATCHED_TRACKS,
    UNMATCHED_TRACKS,
    matched_tracks,
    summary,
    tier_counts,
    unmatched_tracks,
)
from coldwave.matching.matching import TIERS, TRACKS, UNMATCHED, match_tracks
from coldwave.matching.tracks import NAMES, distinct_tracks


def listens(*rows):
    return pl.DataFrame(
        [dict.fromkeys([*NAMES, "duration"]) | {"count": 1} | row for row in rows],
        schema=dict.fromkeys(NAMES, pl.String) | {"duration": pl.Float64, "count": pl.UInt32},
    )


def test_distinct_tracks():
    table = listens(
        {"artist": "B", "title": "x", "duration": 200.0},
        {"artist": "A", "title": "y", "isrc": "GBAYE8100053"},
        {"artist": " B", "title": "x ", "duration": 201.0, "count": 3},
        {"artist": "A", "title": "y"},
        {"artist": "B", "title": "x", "album": "", "duration": None},
        {},
    )
    tracks, index = distinct_tracks(table)
    assert dict(tracks.schema) == TRACKS
    assert tracks.select("track", "artist", "title", "isrc", "duration", "plays").rows() == [
        (0, "A", "y", "GBAYE8100053", None, 1),
        (1, "A", "y", None, None, 1),
        (2, "B", "x", None, 200.5, 5),
        (3, None, None, None, None, 1),
    ]
    assert index.to_list() == [2, 0, 2, 1, 2, 3]
    assert index.dtype == pl.UInt32


def test_the_order_of_listens_does_not_matter():
    rng = random.Random(1)
    rows = [
        {"artist": rng.choice("AB"), "title": rng.choice("xyz"), "duration": rng.choice([1.0, 2.0, None])}
        for _ in range(40)
    ]
    table = listens(*rows)
    tracks, index = distinct_tracks(table)
    for number, row in enumerate(rows):
        assert tracks.select("artist", "title").row(index[number]) == (row["artist"], row["title"])
    order = rng.sample(range(40), 40)
    again, shuffled = distinct_tracks(table[order])
    assert again.equals(tracks)
    assert shuffled.to_list() == index.gather(order).to_list()


def test_no_listens():
    tracks, index = distinct_tracks(listens())
    assert (tracks.height, index.len()) == (0, 0)


TRACK_ROWS = [
    {"artist": "Queen", "title": "Bohemian Rhapsody", "plays": 5},
    {"artist": "Queen", "title": "Bohemian Rapsody", "plays": 2},
    {"artist": "Queen", "title": "Bohemian Rhapsody 2", "plays": 1, "album": "X"},
    {"artist": "Queen", "title": "Bohemian Rhapsody 2", "plays": 8, "album": "X", "isrc": "GBAYE8100053"},
    {"artist": "Nobody we know", "title": "Tune", "plays": 4},
]
SONG_ROWS = [{"artist": "Queen", "title": "Bohemian Rhapsody", "album": "Opera"}]


def test_tables_for_people():
    tracks, songs = tracks_of(*TRACK_ROWS), songs_of(*SONG_ROWS)
    matches = match_tracks(tracks, songs)
    counts = tier_counts(tracks, matches)
    assert dict(counts.schema) == COUNTS
    assert counts["how"].to_list() == [*TIERS, *UNMATCHED]
    assert counts.filter(pl.col("tracks") > 0).select("how", "matched", "tracks", "plays", "share_of_plays").rows() == [
        ("artist and title", True, 1, 5, 0.25),
        ("fuzzy", True, 1, 2, 0.1),
        ("no such artist", False, 1, 4, 0.2),
        ("other version", False, 2, 9, 0.45),
    ]
    unmatched = unmatched_tracks(tracks, matches, songs)
    assert dict(unmatched.schema) == UNMATCHED_TRACKS
    assert unmatched.select("title", "album", "plays", "reason", "nearest", "nearest_title", "song_id").rows() == [
        ("Bohemian Rhapsody 2", "X", 9, "other version", "s0", "Bohemian Rhapsody", None),
        ("Tune", None, 4, "no such artist", None, None, None),
    ]
    matched = matched_tracks(tracks, matches, songs)
    assert dict(matched.schema) == MATCHED_TRACKS
    assert matched.select("title", "plays", "how", "song_id", "song_title", "song_album", "candidates").rows() == [
        ("Bohemian Rhapsody", 5, "artist and title", "s0", "Bohemian Rhapsody", "Opera", 1),
        ("Bohemian Rapsody", 2, "fuzzy", "s0", "Bohemian Rhapsody", "Opera", 1),
    ]
    assert summary(counts) == (
        "2 of 5 tracks matched, with 7 of 20 plays (35.0 %): artist and title 1, fuzzy 1; "
        "not matched: no such artist 1, other version 2"
    )


def test_tables_of_nothing():
    tracks, songs = tracks_of(), songs_of()
    matches = match_tracks(tracks, songs)
    counts = tier_counts(tracks, matches)
    assert counts["share_of_plays"].sum() == 0
    assert summary(counts) == "0 of 0 tracks matched, with 0 of 0 plays (none)"
    assert unmatched_tracks(tracks, matches, songs).is_empty()
    assert matched_tracks(tracks, matches, songs).is_empty()
