"""Artists and albums as numbers, by hand."""

import numpy as np

from coldwave.models.names.groups import find_groups, log_known


def same(numbers):
    """Which songs share a number, as sets of places."""
    return {frozenset(np.flatnonzero(numbers == number).tolist()) for number in set(numbers.tolist())}


def test_case_and_spaces_do_not_matter_and_an_album_is_one_of_its_artists(table):
    songs = table(
        ["Ann", "ann ", "ANN", "Bob", "b  B", None, "", None, "B b"],
        ["x", " X", None, "x", None, "x", "X ", " ", None],
    )
    groups = find_groups(songs)
    assert same(groups.artist) == {frozenset(group) for group in ({0, 1, 2}, {3}, {4, 8}, {5, 6}, {7})}
    assert same(groups.album) == {frozenset(group) for group in ({0, 1}, {2}, {3}, {4}, {5, 6}, {7}, {8})}
    assert np.array_equal(groups.of_album[groups.album], groups.artist)


def test_an_artist_is_not_an_album_of_that_name(table):
    groups = find_groups(table(["Ann", None], ["x", "Ann"]))
    assert groups.artist[0] != groups.artist[1]


def test_what_is_known_is_counted_in_the_log(table, caplog):
    groups = find_groups(table(["A", "A", "A", "B", "B", "C", None], ["x", "x", "y", None, None, None, None]))
    known = np.arange(7) < 4
    with caplog.at_level("INFO"):
        log_known(groups, known, {"test": ~known, "known": known, "lone": np.arange(7) > 4})
    assert "test songs: 3; other songs are known of the album of 0, of the artist alone of 1, of neither of 2" in (
        caplog.text
    )
    assert "known songs: 4; other songs are known of the album of 2, of the artist alone of 1, of neither of 1" in (
        caplog.text
    )
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "no other song of any lone song's artist is known; with split.by: artist none can be"
    ]
