"""A listening history in place of play counts: what of it is played, what it matches, and what people correct."""

import csv
import json

import polars as pl
import pytest

from tests.conftest import Workplace

PLAYS = ["results/tiny/plays/plays.parquet"]
TIMES = range(1_700_000_000, 1_800_000_000, 1000)


def listen(time, artist, title, **more):
    """A line of a ListenBrainz export."""
    metadata = {"artist_name": artist, "track_name": title, "mbid_mapping": None, "additional_info": more}
    return json.dumps({"listened_at": time, "track_metadata": metadata})


@pytest.fixture
def listener(tiny, home, tmp_path):
    """A workplace, the overlay of a run on one listener's two histories, and the songs of which they tell."""
    songs = pl.read_csv(tiny.results / "world/songs.csv")
    titles = songs.select("artist", "title")
    songs = songs.filter(~titles.is_duplicated()).head(6)
    times = iter(TIMES)
    lines = [
        listen(next(times), row["artist"].upper(), f"{row['title']} (Remastered 2011)")
        for place, row in enumerate(songs.iter_rows(named=True))
        for _ in range(place + 1)
    ]
    lines += [listen(next(times), "Nobody", "Unknown") for _ in range(3)]
    first = songs.row(0, named=True)
    lines += ["not json", listen(next(times), first["artist"], first["title"], ms_played=5)]
    (tmp_path / "listens.jsonl").write_text("\n".join(lines) + "\n")
    with (tmp_path / "scrobbles.csv").open("w", newline="") as file:
        # the time of a listen above, so not another play; and a time of its own
        for when in ("14 Nov 2023 22:13", "20 Nov 2023 08:00"):
            csv.writer(file).writerow([first["artist"], first["album"], f"{first['title']} (Remastered 2011)", when])
    (tiny_songs := tmp_path / "songs.csv").write_bytes((tiny.results / "world/songs.csv").read_bytes())
    overlay = {
        "world": None,
        "plays": {
            "path": str(tmp_path / "listens.jsonl"),
            "format": "history",
            "history": {"also": [str(tmp_path / "scrobbles.csv")]},
            "songs": {"path": str(tiny_songs), "audio_root": str(tmp_path)},
            "songs_without_audio": "keep",
            "min_users": 0,
        },
        "models": {"perfect_ear": None, "orderless_ear": None},
    }
    return Workplace(tmp_path / "place", home), overlay, songs


def counts(place):
    """Plays by song id, of the songs that are played."""
    songs = place.table("plays/songs.parquet")
    return dict(songs.filter(pl.col("plays") > 0).select("song_id", "plays").iter_rows())


def test_a_listener_of_two_histories(listener, tmp_path):
    place, overlay, songs = listener
    expected = dict(zip(songs["song_id"], range(1, 7), strict=True))
    expected[songs["song_id"][0]] += 1
    output = place.make(targets=PLAYS, overlay=overlay).output
    assert counts(place) == expected
    assert place.table("plays/users.parquet").select("user_id", "songs", "plays").rows() == [("me", 6, 22)]
    assert place.table("plays/songs.parquet").height == 40, "songs that nobody has played stay"
    assert "with 22 of 25 plays (88.0 %): second try" in output
    matched = place.table("plays/matched.parquet")
    assert set(matched["how"]) == {"second try"} and matched["plays"].sum() == 22
    left = pl.read_csv(place.results / "plays/unmatched.csv")
    assert left.select("artist", "title", "plays", "reason").rows() == [("Nobody", "Unknown", 3, "no such artist")]
    rejected = place.table("plays/rejected.parquet")
    assert rejected.select("line", "text").rows() == [(25, "not json")]
    text = (place.results / "tables/matching.md").read_text()
    assert "played under" in text and "Lines set aside: 1" in text

    left.with_columns(song_id=pl.lit(songs["song_id"][5])).write_csv(tmp_path / "overrides.csv")
    overlay["plays"]["matching"] = {"overrides": str(tmp_path / "overrides.csv")}
    assert place.make(targets=PLAYS, overlay=overlay).done == ["match_history", "read_plays"]
    assert counts(place)[songs["song_id"][5]] == 6 + 3


def test_a_history_of_another_library_is_told(listener, tmp_path):
    place, overlay, _ = listener
    (tmp_path / "listens.jsonl").write_text(listen(TIMES[0], "Nobody", "Unknown") + "\n")
    overlay["plays"]["history"] = {}
    outcome = place.snakemake(targets=PLAYS, overlay=overlay)
    assert outcome.status and "none of its 1 tracks is in the songs table" in outcome.output
    assert "Is plays.songs.path the library that was played?" in outcome.output
