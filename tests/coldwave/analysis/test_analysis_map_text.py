"""What a map says: tags, artists and how it was made."""

import numpy as np
import polars as pl

from coldwave.analysis.map_text import bounded_perplexity, labelled_artists, main_tags, map_caption, map_words


def test_perplexity_is_bounded_by_the_songs():
    assert bounded_perplexity(30, 1000) == 30
    assert bounded_perplexity(30, 10) == 3
    assert "perplexity 3)" in map_words("cnn", "test", 10, 30.0)
    assert "own plays" in map_words(None, "all", 10, 30.0)


def test_the_caption_of_the_figure_says_how_to_read_it():
    assert map_caption("Map.").startswith("Map. Colour: the first")


def test_songs_have_the_most_frequent_of_their_tags():
    tags = pl.Series([["x", "b"], ["b", "a"], ["a"], [], ["rare"], ["a", "b"]], dtype=pl.List(pl.String))
    assert main_tags(tags, 2) == ["b", "a", "a", None, None, "a"]
    assert main_tags(pl.Series([[], []], dtype=pl.List(pl.String)), 2) == [None, None]


def test_labels_are_at_the_middle_song_of_artists_with_several():
    places = np.array([[0, 0], [1, 0], [9, 0], [5, 5], [5, 6], [7, 7]], dtype=float)
    artist, known = np.array([0, 0, 0, 1, 1, 2]), np.array([True] * 6)
    plays = np.array([1, 1, 1, 9, 9, 99], dtype=np.uint64)
    assert labelled_artists(places, artist, known, plays, 5) == [(1, 3), (0, 1)]
    assert labelled_artists(places, artist, known, plays, 1) == [(1, 3)]
    assert labelled_artists(places, artist, ~known, plays, 5) == []
