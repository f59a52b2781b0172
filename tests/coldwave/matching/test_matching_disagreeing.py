"""Matches by an id whose names speak against it, by hand."""

import polars as pl
import pytest
from matching_tables import songs_of, tracks_of

from coldwave.matching.disagreeing import note
from coldwave.matching.exhibits import matched_tracks
from coldwave.matching.matching import match_tracks

MBID, ISRC = "aaaaaaaa-0000-4000-8000-000000000000", "GBAYE8100053"
NAMED = {"artist": "The Stranglers", "title": "Golden Brown"}


def matched(track, song, **ids):
    tracks, songs = tracks_of(NAMED | track | {"plays": 7}), songs_of(NAMED | song)
    tracks, songs = (table.with_columns(pl.lit(value).alias(name) for name, value in ids.items())
                     for table in (tracks, songs))  # fmt: skip
    return matched_tracks(tracks, match_tracks(tracks, songs), songs)


@pytest.mark.parametrize("ids", [{"recording_mbid": MBID}, {"isrc": ISRC}], ids=["mbid", "isrc"])
@pytest.mark.parametrize(
    ("song", "disagrees"),
    [
        ({"artist": "Queen", "title": "Bohemian Rhapsody"}, True),
        ({}, False),
        ({"title": "Peaches"}, False),  # the artist is the same
        ({"artist": "Queen"}, False),
        ({"artist": "STRANGLERS", "title": "Brown, Golden (live)"}, False),
        ({"artist": "Stranglrs", "title": "Another"}, False),
        ({"artist": "Queen", "title": "Goldn Brwn"}, False),
        ({"artist": None, "title": "Bohemian Rhapsody"}, False),  # nobody can tell
        ({"artist": "Queen", "title": None}, False),
    ],
)
def test_an_id_disagrees_where_neither_the_artist_nor_the_title_is_near(song, disagrees, ids):
    table = matched({}, song, **ids)
    assert table.select("song_id", "names_disagree").rows() == [("s0", disagrees)]
    assert ("1 tracks, with 7 plays, went by their id to a song of another artist" in "".join(note(table))) == disagrees


def test_a_match_by_names_cannot_disagree():
    assert matched({}, {"title": "Golden Brown (Remastered)"})["names_disagree"].to_list() == [False]
    assert matched({"artist": None, "path": "x/a.mp3"}, {"audio": "x/a.mp3", "title": None})["how"].to_list() == [
        "path"
    ]


def test_no_matches():
    empty = matched({}, {"artist": "Queen", "title": "Bohemian Rhapsody"})
    assert empty.is_empty()
    assert note(empty) == []
