"""Several songs tables as one, and text that is written in another way than its name says."""

import polars as pl
import pytest

from coldwave.errors import InputError
from coldwave.plays.catalogue import DUPLICATE, read_catalogue
from tests.workflow.overlays import mistakes

TAB = {"delimiter": "\t", "quote": None, "tag_separator": "|"}


def written(path, *rows):
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    return path


def rows(table, *names):
    return table.select(names).rows()


def test_quotes_are_letters_and_the_delimiter_is_what_is_said(tmp_path):
    songs = written(tmp_path / "artists.dat", ("id", "name"), ("1", '"Weird Al'), ("2", 'a "b" c'), ("3", "x", "y"))
    with pytest.raises(InputError, match=r"needs plays\.songs\.delimiter"):
        read_catalogue(songs, {})
    table, rejected = read_catalogue(songs, TAB | {"columns": {"song_id": "id", "title": "name"}})
    assert rows(table, "song_id", "title") == [("1", '"Weird Al'), ("2", 'a "b" c')]
    assert rows(rejected, "line", "reason") == [(4, "wrong number of fields")]


def test_tables_fill_in_what_the_first_lacks(tmp_path):
    """An empty field is filled in, a full one stays; the first table that tells wins, and no song is added."""
    first = written(tmp_path / "a.csv", ("id", "title", "artist"), ("1", "One", ""), ("2", "Two", "B"), ("3", "", ""))
    second = written(tmp_path / "b.csv", ("genre", "id", "artist"), ("['x', \"y'z\"]", "1", "A"), ("p|q", "2", "other"))
    pl.DataFrame({"id": [3, 1, 9], "year": [1999, 2001, 2002], "artist": ["C", "late", "D"]}).write_parquet(
        tmp_path / "c.parquet"
    )
    options = TAB | {"columns": {"song_id": "id", "tags": "genre", "date": "year"}}
    table, rejected = read_catalogue(first, options, also=[second, tmp_path / "c.parquet"])
    assert rows(table, "song_id", "title", "artist", "date", "tags") == [
        ("1", "One", "A", "2001", ["x", "y'z"]),
        ("2", "Two", "B", None, ["p", "q"]),
        ("3", None, "C", "1999", []),
    ]
    assert rejected.is_empty()


def test_what_is_wrong_in_a_further_table_is_said_of_it(tmp_path):
    first = written(tmp_path / "a.csv", ("id", "title"), ("1", "One"), ("1", "Two"))
    second = written(tmp_path / "b.csv", ("id", "genre"), ("1", "rock", "more"), ("1", "pop"))
    table, rejected = read_catalogue(first, TAB | {"columns": {"song_id": "id", "tags": "genre"}}, also=[second])
    assert rows(table, "title", "tags") == [("One", ["pop"])]
    told = [(str(first), 3, DUPLICATE), (str(second), 2, "wrong number of fields")]
    assert rows(rejected, "source", "line", "reason") == told
    with pytest.raises(InputError, match=r"plays\.songs\.columns\.tags: .*a\.csv has no column 'genres'"):
        read_catalogue(first, TAB | {"columns": {"song_id": "id", "tags": "genres"}}, also=[second])
    third = written(tmp_path / "c.csv", ("song", "year"), ("1", "1999"))
    with pytest.raises(InputError, match=r"plays\.songs\.columns\.song_id: .*c\.csv has no column 'id'"):
        read_catalogue(first, TAB | {"columns": {"song_id": "id"}}, also=[third])


@pytest.mark.parametrize("text", ["[", "[1", "[]", "['a'", "[" * 100_000 + "]", "[__import__('os')]", "['a', 1]"])
def test_a_text_that_is_no_list_is_a_tag(tmp_path, text):
    songs = written(tmp_path / "a.csv", ("song_id", "tags"), ("1", text))
    expected = {"[]": [], "['a', 1]": ["a", "1"]}.get(text, [text])
    assert read_catalogue(songs, TAB)[0]["tags"].to_list() == [expected]


def test_further_tables_need_a_first(tmp_path):
    for path, what in ((None, "null"), (str(tmp_path), "a folder")):
        songs = {"path": path, "also": ["genres.csv"]}
        found = mistakes({"world": None, "plays": {"path": "plays.tsv", "songs": songs}})
        assert found["plays.songs.also"].startswith(f"plays.songs.path is {what}, but")
