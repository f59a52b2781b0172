"""Plays that are later than the songs that are tested, against counting by hand and by brute force."""

import datetime
import logging
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.matching.plays import MATCHED_PLAYS
from coldwave.plays.cutting import cut_plays
from coldwave.plays.ingestion import ingest
from tests.workflow.overlays import checked
from workflow.effective import cut_read, plays_read

OPTIONS = {"format": "table", "table": {"count": "count", "time": "time"}}
DATES = {"a": "2010", "b": None, "c": "2011-05", "d": "2012", "e": "2012-07-01"}
PARTS = {"a": "train", "b": "train", "c": "validation", "d": "test", "e": "test"}
BEGIN = datetime.date(2012, 1, 1)  # of the first test song

lines = st.tuples(st.sampled_from("xyz"), st.sampled_from("abcdef"), st.integers(1, 9), st.integers(-3, 3))


def tables(lines, folder: Path):
    """Write plays (user, song, count, days after the first test song), and read them as the first stage does."""
    source, catalogue = folder / "plays.tsv", folder / "songs.csv"
    rows = [[user, song, count, BEGIN + datetime.timedelta(days=days)] for user, song, count, days in lines]
    text = "\n".join("\t".join(map(str, row)) for row in [["user", "song", "count", "time"], *rows])
    source.write_text(text)
    catalogue.write_text("\n".join(["song_id,date", *(f"{song},{date or ''}" for song, date in DATES.items())]))
    read = ingest(source, catalogue, OPTIONS | {"songs_without_audio": "keep", "songs": {}}, block_bytes=64)
    split = read.songs.select("song", part=pl.col("song_id").replace_strict(PARTS))
    return source, read, split


def by_id(plays, read):
    """From each pair of a user's and a song's id to its count."""
    named = plays.join(read.users, on="user").join(read.songs, on="song")
    return {(user, song): count for user, song, count in named.select("user_id", "song_id", "count").iter_rows()}


@settings(max_examples=60, deadline=None)
@given(st.lists(lines, min_size=1, max_size=40))
def test_it_equals_counting_one_by_one(tmp_path_factory, lines):
    lines += [("x", "a", 2, -1), ("x", "d", 1, 1), ("y", "b", 1, 1)]  # something of each
    source, read, split = tables(lines, tmp_path_factory.mktemp("cut"))
    wanted = Counter()
    for user, song, count, days in lines:
        if song in DATES and (PARTS[song] == "test" or days < 0):
            wanted[user, song] += count
    found = cut_plays(source, OPTIONS, read.plays, read.users, read.songs, split, block_bytes=50)
    assert by_id(found, read) == wanted
    assert found.equals(found.sort("user", "song"))
    assert found.schema == read.plays.schema


def test_what_was_left_out_is_said(tmp_path, caplog):
    lines = [("x", "a", 2, -1), ("x", "a", 5, 0), ("x", "b", 1, 4), ("y", "d", 3, -2), ("y", "d", 3, 9)]
    source, read, split = tables(lines, tmp_path)
    with caplog.at_level(logging.INFO):
        found = cut_plays(source, OPTIONS, read.plays, read.users, read.songs, split)
    assert by_id(found, read) == {("x", "a"): 2, ("y", "d"): 6}
    assert "the first test song is of 2012; left out 6 of the 8 plays of other songs" in caplog.text
    assert "1 of their 2 pairs" in caplog.text
    assert "1 training and validation songs have no play before 2012" in caplog.text


def test_the_plays_of_a_history_are_cut_as_those_of_a_table_are(tmp_path):
    """The file that a history is matched to, read as the workflow says; a listen without a time is set aside."""
    own = {"world": None, "plays": {"path": "x", "format": "history", "songs": {"path": "songs.csv"}}}
    config = checked(own, {"split": {"by": "date"}})
    begin = datetime.datetime(2012, 1, 1, tzinfo=datetime.UTC).timestamp()
    rows = [("a", -1), ("a", -2), ("a", 0), ("c", 1), ("d", 5), ("d", -5)]
    lines = [("me", song, 1, begin + seconds) for song, seconds in rows] + [("me", "a", 9, None)]
    source, catalogue = tmp_path / "history.parquet", tmp_path / "songs.csv"
    pl.DataFrame(lines, schema=MATCHED_PLAYS, orient="row").write_parquet(source)
    catalogue.write_text("\n".join(["song_id,date", *(f"{song},{date or ''}" for song, date in DATES.items())]))
    read = ingest(source, catalogue, plays_read(config) | {"songs_without_audio": "keep", "songs": {}})
    assert read.rejected["reason"].to_list() == ["time is neither a date nor Unix seconds"]
    split = read.songs.select("song", part=pl.col("song_id").replace_strict(PARTS))
    found = cut_plays(source, cut_read(config), read.plays, read.users, read.songs, split)
    assert by_id(found, read) == {("me", "a"): 2, ("me", "d"): 2}


def test_nothing_is_early_enough(tmp_path):
    source, read, split = tables([("x", "a", 2, 1), ("x", "d", 1, -1)], tmp_path)
    with pytest.raises(InputError, match=r"no play of a training song is earlier than the first test song \(2012\)"):
        cut_plays(source, OPTIONS, read.plays, read.users, read.songs, split)
