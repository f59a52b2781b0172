"""Tables of tracks and songs for the tests, from what differs."""

import polars as pl

from coldwave.matching.matching import SONGS, TRACKS, match_tracks


def tracks_of(*rows):
    """Tracks 0, 1, … of these columns; the others are null, and each has one play."""
    rows = [dict.fromkeys(TRACKS) | {"track": n, "plays": 1} | row for n, row in enumerate(rows)]
    return pl.DataFrame(rows, schema=TRACKS)


def songs_of(*rows):
    """Songs "s0", "s1", … of these columns; the others are null."""
    schema = dict.fromkeys(SONGS, pl.String) | {"seconds": pl.Float64}
    rows = [dict.fromkeys(SONGS) | {"song_id": f"s{n}"} | row for n, row in enumerate(rows)]
    return pl.DataFrame(rows, schema=schema)


def match_one(track, *songs, **settings):
    """Match one track: (song_id, how), and the whole row."""
    row = match_tracks(tracks_of(track), songs_of(*songs), **settings).row(0, named=True)
    return (row["song_id"], row["how"]), row
