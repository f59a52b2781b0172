"""Nearest songs against brute force, and how often they share an artist against counting by hand."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from coldwave.analysis import neighbours
from coldwave.analysis.neighbour_text import artist_columns, artist_notes, neighbour_columns, neighbour_notes
from coldwave.analysis.neighbours import ARTISTS, NEIGHBOURS, artist_table, chosen_queries, nearest, neighbour_table
from coldwave.analysis.usage_patterns import pattern_root, unit_patterns
from coldwave.errors import InputError


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.booleans(), st.integers(1, 40))
def test_neighbours_by_usage_patterns_are_those_of_brute_force(seed, number, own_artist, at_once):
    rng = np.random.default_rng(seed)
    users, songs = rng.standard_normal((25, 5)), rng.standard_normal((20, 5))
    artist = rng.integers(0, 6, 20)
    queries, candidates = np.arange(8), np.sort(rng.permutation(20)[:15])
    cosine = cosine_similarity(songs @ users.T)  # over all users
    whole, neighbours._COSINES_AT_ONCE = neighbours._COSINES_AT_ONCE, at_once
    try:
        units = unit_patterns(songs, pattern_root(users))
        found, cosines = nearest(units, queries, candidates, number, None if own_artist else artist)
    finally:
        neighbours._COSINES_AT_ONCE = whole
    for row, query in enumerate(queries):
        allowed = [s for s in candidates if s != query and (own_artist or artist[s] != artist[query])]
        expected = sorted((cosine[query, s] for s in allowed), reverse=True)[:number]
        there = found[row] >= 0
        assert there.sum() == len(expected)
        assert set(found[row][there]) <= set(allowed)
        assert cosine[query, found[row][there]] == pytest.approx(expected, abs=3e-6)
        assert cosines[row][there] == pytest.approx(expected, abs=3e-6)
        assert np.isnan(cosines[row][~there]).all()


def test_where_songs_are_alike_the_first_comes_first():
    units = np.array([[1, 0], [0, 1], [0.6, 0.8], [0.6, 0.8], [0.6, 0.8]], dtype=np.float32)
    found, cosines = nearest(units, np.array([0]), np.arange(5), 2)
    assert found.tolist() == [[2, 3]]
    assert cosines == pytest.approx(np.array([[0.6, 0.6]]))


SONGS = pl.DataFrame(
    {
        "song_id": [f"s{n}" for n in range(6)],
        "title": ["t"] * 6,
        "artist": ["a", "a", "b", "b", "c", None],
        "plays": [5, 9, 9, 30, 7, 1],
    },
    schema_overrides={"plays": pl.UInt64},
)
ARTIST = np.array([0, 0, 1, 1, 2, 3])


def test_queries_are_the_most_played_test_songs_of_different_artists_or_those_named():
    test = np.array([True, True, True, False, True, True])
    assert chosen_queries(SONGS, test, np.ones(6, bool), ARTIST, None).tolist() == [1, 2, 4, 5]
    assert chosen_queries(SONGS, test, np.arange(6) != 1, ARTIST, None).tolist() == [2, 4, 0, 5]
    assert chosen_queries(SONGS, test, np.arange(6) != 4, ARTIST, ["s3", "s4", "s0"]).tolist() == [3, 0]
    with pytest.raises(InputError, match=r"analysis.neighbours.queries: no song has the id 'gone'"):
        chosen_queries(SONGS, test, test, ARTIST, ["gone"])


def test_the_share_of_neighbours_by_the_same_artist():
    angle = np.radians([0, 5, 50, 55, 20, 21])
    units = {"v": np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)}
    known = SONGS["artist"].is_not_null().to_numpy()
    table = artist_table(units, np.array([0, 2, 4, 5]), np.arange(6), 2, ARTIST, known)
    assert dict(table.schema) == ARTISTS
    row = table.row(0, named=True)
    assert row["queries"] == 3  # the last has no artist
    # song 0: 1 (own) and 4; song 2: 3 (own) and 5; song 4: 5 and 1
    assert row["same_artist"] == pytest.approx(2 / 6)
    assert row["artists"] == pytest.approx(2)
    assert row["chance"] == pytest.approx((1 / 5 + 1 / 5 + 0) / 3)
    none = artist_table(units, np.array([5]), np.arange(6), 2, ARTIST, known).row(0, named=True)
    assert (none["queries"], none["same_artist"], none["artists"]) == (0, None, None)
    assert artist_columns(table)["same artist"] == ["33.3 %"] and artist_notes(table)


def test_the_table_names_songs():
    rng = np.random.default_rng(0)
    units = {name: unit_patterns(rng.standard_normal((6, 2)), np.eye(2)) for name in ("usage", "model")}
    table = neighbour_table(SONGS, units, np.array([3, 0]), np.arange(6), 2, ARTIST)
    assert dict(table.schema) == NEIGHBOURS
    assert table.height == 8
    assert not any(row["artist"] == SONGS["artist"][row["query"]] for row in table.iter_rows(named=True))
    columns = neighbour_columns(table, SONGS)
    assert columns["query"] == ["b – t", "", "a – t", ""]
    assert set(columns) == {"query", "by usage", "by model"}
    assert "left out" in " ".join(neighbour_notes({"same_artist": False, "queries": ["s3"]}, 3))
