"""The per-user table: who is in it, and what is refused."""

import tracemalloc

import numpy as np
import polars as pl
import pytest

from coldwave.errors import InputError
from coldwave.evaluation.scores import SCORES, SONG_SCORES, schema, score_model
from coldwave.files import check_table


def songs_table(songs):
    return pl.DataFrame({"song": range(songs), "song_id": [f"S{song}" for song in range(songs)], "artist": "Ann"})


def score_users(plays, split, users, songs, cutoff, lengths=(10,), named=None, **more):
    """The scores by user, of songs all by one artist."""
    named = songs_table(len(split)) if named is None else named
    return score_model(plays, split, named, users, songs, cutoff, lengths, **more).users


def tables(pairs, parts):
    plays = pl.DataFrame(pairs, schema={"user": pl.UInt32, "song": pl.UInt32}, orient="row")
    split = pl.DataFrame({"song": range(len(parts)), "part": parts}, schema={"song": pl.UInt32, "part": pl.String})
    return plays, split


PARTS = ["train", "test", "validation", "test", "test", "train"]


def test_only_test_songs_count_and_hits_or_not_every_user_is_in():
    plays, split = tables([(0, 0), (0, 3), (1, 1), (1, 4), (2, 0), (2, 2), (3, 1)], PARTS)
    songs = np.array([[9.0], [1], [9], [3], [2], [9]])
    scores = score_users(plays, split, np.array([[1.0], [1], [1], [1]]), songs, cutoff=2)
    check_table(scores, schema([10]), "scores")
    assert list(scores.columns[: len(SCORES)]) == list(SCORES)
    assert scores["user"].to_list() == [0, 1, 3]  # user 2 has played no test song
    assert scores["relevant"].to_list() == [1, 2, 1]
    assert scores["ap"].to_list() == [1, 1 / 4, 0]  # the last has no hit
    assert scores["auc"].to_list() == [1, 0, 0]
    assert scores["songs"].to_list() == [3] * 3
    assert scores["missing"].to_list() == [0] * 3


def test_missing_predictions_are_counted_among_test_songs():
    plays, split = tables([(0, 1)], PARTS)
    songs = np.array([[np.nan], [np.nan], [1], [1], [1], [1]])
    scores = score_users(plays, split, np.ones((1, 1)), songs, cutoff=500)
    assert scores["missing"].to_list() == [1]
    assert scores["auc"].to_list() == [0]


def test_who_has_played_every_test_song_has_no_auc(caplog):
    plays, split = tables([(0, 1), (0, 3), (0, 4), (1, 1)], PARTS)
    scores = score_users(plays, split, np.ones((2, 1)), np.ones((6, 1)), cutoff=500)
    assert scores["auc"].to_list() == [None, 0.5]
    assert scores["ap"].to_list()[0] == 1
    assert "1 users have played every test song" in caplog.text


def test_where_nobody_tells_models_apart_nothing_is_measured(caplog):
    plays, split = tables([(0, 1), (0, 3), (0, 4)], PARTS)
    scores = score_users(plays, split, np.ones((1, 1)), np.ones((6, 1)), cutoff=500)
    told = scores.drop("user", "relevant", "songs", "missing")
    assert told.null_count().row(0) == (1,) * told.width
    assert scores["relevant"].to_list() == [3]
    assert "no model can be measured" in caplog.text


def test_every_user_is_scored_and_the_order_of_plays_does_not_matter():
    rng = np.random.default_rng(0)
    pairs = sorted({(user, int(song)) for user in range(3000) for song in rng.integers(0, 40, 6)} | {(2999, 5)})
    plays, split = tables(pairs, ["test" if song % 2 else "train" for song in range(40)])
    vectors = rng.normal(size=(3000, 4)), rng.normal(size=(40, 4))
    scores = score_users(plays, split, *vectors, cutoff=500)
    assert set(scores["user"]) == {user for user, song in pairs if song % 2}
    assert len(scores) > 2500
    shuffled = plays.sample(fraction=1, shuffle=True, seed=1), split.sample(fraction=1, shuffle=True, seed=1)
    assert scores.equals(score_users(*shuffled, *vectors, cutoff=500))


def test_plays_of_training_songs_change_nothing():
    plays, split = tables([(0, 1), (1, 3)], PARTS)
    more, _ = tables([(0, 1), (1, 3), (0, 0), (1, 5), (1, 2)], PARTS)
    vectors = np.array([[1.0, 2], [2, 1]]), np.random.default_rng(0).normal(size=(6, 2))
    assert score_users(plays, split, *vectors, 500).equals(score_users(more, split, *vectors, 500))


@pytest.mark.parametrize(
    ("users", "songs", "message"),
    [
        ((2, 3), (6, 2), r"\[2, 3\].*\[6, 2\].*number of factors"),
        ((2,), (6, 2), "number of factors"),
        ((2, 2), (5, 2), "vectors of 5 songs, but the split has 6"),
        ((1, 2), (6, 2), "vectors of 1 users, but plays of user 1"),
    ],
)
def test_shapes_are_checked(users, songs, message):
    plays, split = tables([(0, 1), (1, 3)], PARTS)
    with pytest.raises(InputError, match=message):
        score_users(plays, split, np.ones(users), np.ones(songs), 500)


def test_what_cannot_be_evaluated():
    plays, split = tables([(0, 1), (1, 3)], PARTS)
    with pytest.raises(InputError, match="not finite"):
        score_users(plays, split, np.full((2, 1), np.nan), np.ones((6, 1)), 500)
    with pytest.raises(InputError, match="1 song vectors"):
        score_users(plays, split, np.ones((2, 1)), np.array([[1.0], [np.inf], [1], [1], [1], [1]]), 500)
    nobody, split = tables([(0, 0), (1, 5)], PARTS)
    with pytest.raises(InputError, match="nobody has played any of the 3 test songs"):
        score_users(nobody, split, np.ones((2, 1)), np.ones((6, 1)), 500)
    beyond, split = tables([(0, 6)], PARTS)
    with pytest.raises(InputError, match="plays of song 6"):
        score_users(beyond, split, np.ones((2, 1)), np.ones((6, 1)), 500)
    twice, split = tables([(0, 1), (0, 1)], PARTS)
    with pytest.raises(ValueError, match="twice"):
        score_users(twice, split, np.ones((2, 1)), np.ones((6, 1)), 500)


def test_the_table_by_song_by_hand():
    plays, split = tables([(0, 1), (0, 3), (1, 3), (2, 1), (2, 3), (2, 4), (3, 0)], PARTS)
    songs = np.array([[9.0], [1], [9], [3], [2], [9]])
    found = score_model(plays, split, songs_table(6), np.ones((4, 1)), songs, 500, [2], song_factors=songs + 1).songs
    check_table(found, SONG_SCORES, "song scores")
    assert found["song"].to_list() == [1, 3, 4]
    assert found["users"].to_list() == [2, 3, 1]
    # song 1 is last; user 2 has played every test song, and is in no mean
    assert found["auc"].to_list() == [0, 1, None]
    assert found["listed"].to_list() == [0, 3, 3]  # the lists of three users; the fourth has no test song
    assert found["squared_error"].to_list() == [1] * 3
    assert found["cosine"].to_list() == pytest.approx([1] * 3)
    assert found["squared_deviation"].to_list() == pytest.approx([1, 1, 0])


def test_a_model_that_predicts_no_factors_has_no_errors_of_them():
    plays, split = tables([(0, 1), (0, 3)], PARTS)
    found = score_model(plays, split, songs_table(6), np.ones((1, 1)), np.ones((6, 1)), 500, [2]).songs
    for column in ("squared_error", "squared_deviation", "cosine"):
        assert found[column].null_count() == 3


def test_novelty_takes_the_songs_own_users_and_artists_are_those_of_the_list():
    plays, split = tables([(0, 1), (1, 1), (2, 3), (3, 0)], PARTS)
    songs = np.array([[9.0], [3], [9], [2], [1], [9]])
    named = songs_table(6).with_columns(artist=pl.Series([None, "Ann", None, "ann", "Bo", None]))
    scores = score_users(plays, split, np.ones((4, 1)), songs, 500, lengths=(2, 3), named=named)
    assert scores["novelty"].to_list() == [(1 + 2) / 2] * 3  # two of four users, and one of four
    assert scores["artist_diversity"].to_list() == [1 / 2] * 3
    assert scores["recall_3"].to_list() == [1, 1, 1]
    assert scores["reciprocal_rank"].to_list() == [1, 1, 1 / 2]
    nobody = songs_table(6).with_columns(artist=pl.lit(None, pl.String))
    assert score_users(plays, split, np.ones((4, 1)), songs, 500, named=nobody)["artist_diversity"].null_count() == 3
    unplayed = score_users(plays, split, np.ones((4, 1)), songs[::-1], 500, lengths=(1,))
    assert unplayed["novelty"].to_list() == [2] * 3  # song 4 has no user, and counts as if it had one


def test_a_songs_table_of_other_songs_is_refused():
    plays, split = tables([(0, 1)], PARTS)
    with pytest.raises(InputError, match="songs table has 5 songs, but the split has 6"):
        score_users(plays, split, np.ones((1, 1)), np.ones((6, 1)), 500, named=songs_table(5))


def test_a_test_song_that_nobody_has_played_is_a_candidate_all_the_same():
    plays, split = tables([(0, 2)], ["train", "train", "test", "test"])
    scores = score_users(plays, split, np.ones((1, 1)), np.array([[1.0], [9], [2], [3]]), cutoff=500)
    assert scores["songs"].to_list() == [2]
    assert scores["ap"].to_list() == [1 / 2]  # song 3 is ranked above it
    assert scores["auc"].to_list() == [0]


def test_no_dense_array_of_users_and_songs():
    users, songs = 10_000, 10_000  # 400 MB of scores in single precision, and 100 MB of bytes
    rng = np.random.default_rng(0)
    vectors = [rng.standard_normal((number, 2)).astype(np.float32) for number in (users, songs)]
    pairs = np.stack([np.arange(users), rng.integers(0, songs, users)], axis=1).astype(np.uint32)
    plays, split = tables(pairs, ["test"] * songs)
    tracemalloc.start()
    try:
        scores = score_users(plays, split, *vectors, cutoff=500)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert scores.height == users
    assert peak < 80e6
