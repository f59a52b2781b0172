"""The split: whole, by song or artist, and stable."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.split import TEST, TRAIN, VALIDATION, hash_fractions, songs_with_features, split_songs


def songs_table(number, artists=None):
    names = [f"song {index}" for index in range(number)]
    return pl.DataFrame(
        {
            "song": pl.Series(range(number), dtype=pl.UInt32),
            "song_id": names,
            "artist": [f"artist {index % artists}" for index in range(number)] if artists else [None] * number,
        },
        schema_overrides={"artist": pl.String},
    )


def parts(songs, **settings):
    split = split_songs(songs, **settings)
    return dict(zip(songs["song_id"], split["part"], strict=True))


def test_shares_are_met_nearly():
    sizes = split_songs(songs_table(5000), validation=0.1, test=0.2)["part"].value_counts()
    found = dict(sizes.iter_rows())
    assert abs(found[TEST] / 5000 - 0.2) < 0.03
    assert abs(found[VALIDATION] / 5000 - 0.1) < 0.03
    assert sum(found.values()) == 5000


def test_numbers_are_met_exactly():
    found = dict(split_songs(songs_table(1000), validation=50, test=201)["part"].value_counts().iter_rows())
    assert found == {TEST: 201, VALIDATION: 50, TRAIN: 749}


def test_a_number_beside_a_share():
    found = dict(split_songs(songs_table(3000), validation=0.1, test=600)["part"].value_counts().iter_rows())
    assert found[TEST] == 600
    assert abs(found[VALIDATION] - 300) < 80


@settings(max_examples=25, deadline=None)
@given(st.integers(40, 120), st.integers(1, 20), st.integers(0, 1000))
def test_songs_added_later_move_no_other_song(before, added, seed):
    many = songs_table(before + added)
    try:
        old, new = (parts(table, validation=0.2, test=0.3, seed=seed) for table in (many.head(before), many))
    except InputError:
        return  # so few songs that a part is empty
    assert {name: new[name] for name in old} == old


def test_the_order_of_the_songs_does_not_matter():
    songs = songs_table(200)
    assert parts(songs, validation=20, test=40) == parts(songs.sample(fraction=1, shuffle=True, seed=3),
                                                         validation=20, test=40)  # fmt: skip


@pytest.mark.parametrize("sizes", [{"validation": 0.1, "test": 0.2}, {"validation": 60, "test": 130}])
def test_no_artist_is_in_two_parts(sizes):
    songs = songs_table(600, artists=90)
    split = split_songs(songs, by="artist", **sizes)
    by_artist = songs.join(split, on="song").group_by("artist").agg(pl.col("part").n_unique())
    assert by_artist["part"].max() == 1
    assert split["part"].n_unique() == 3


def test_by_artist_numbers_are_met_as_nearly_as_whole_artists_allow():
    songs = songs_table(600, artists=100)  # 6 songs each
    found = dict(split_songs(songs, by="artist", validation=60, test=121)["part"].value_counts().iter_rows())
    assert found[TEST] == 120
    assert found[VALIDATION] == 60


def test_artists_are_the_same_in_any_spelling_of_case_and_space():
    songs = songs_table(300).with_columns(
        artist=pl.Series([["The  Waves", "the waves ", "Other", "Third"][index % 4] for index in range(300)])
    )
    split = songs.join(split_songs(songs, by="artist", validation=75, test=75), on="song")
    assert split.filter(pl.col("artist").str.to_lowercase().str.contains("waves"))["part"].n_unique() == 1


def test_a_song_without_artist_stands_alone():
    assert split_songs(songs_table(300), by="artist", validation=0.2, test=0.2)["part"].n_unique() == 3


def test_the_seed_decides():
    songs = songs_table(300)
    assert parts(songs, validation=0.1, test=0.2, seed=1) == parts(songs, validation=0.1, test=0.2, seed=1)
    assert parts(songs, validation=0.1, test=0.2, seed=1) != parts(songs, validation=0.1, test=0.2, seed=2)


def test_hashes_are_uniform():
    fractions = hash_fractions([str(index) for index in range(4000)], "salt")
    assert np.all((fractions >= 0) & (fractions < 1))
    counts = np.histogram(fractions, bins=10, range=(0, 1))[0]
    assert np.all(np.abs(counts - 400) < 100)


def test_an_empty_part_is_an_error_that_says_what_to_change():
    with pytest.raises(InputError, match=r"split\.validation"):
        split_songs(songs_table(3), validation=0.001, test=0.2)
    with pytest.raises(InputError, match=r"split\.test = 30"):
        split_songs(songs_table(30), validation=0.1, test=30)


def test_songs_without_features_are_in_no_part():
    features = np.array([[1.0], [np.nan], [2.0], [np.nan], [3.0]])
    training, validation = np.array([True, True, False, False, False]), np.array([False, False, True, True, False])
    found = songs_with_features(features, training, validation)
    assert [part.tolist() for part in found] == [[True] + 4 * [False], [False, False, True, False, False]]
    with pytest.raises(InputError, match="no validation song has features"):
        songs_with_features(features, training, np.array([False, True, False, True, False]))
