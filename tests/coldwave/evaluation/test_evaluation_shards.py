"""An evaluation in shards of the users: the same bits as in one job."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.evaluation import scoring
from coldwave.evaluation import shards as shards_module
from coldwave.evaluation.candidates import candidates_of
from coldwave.evaluation.ranking import stand
from coldwave.evaluation.scores import score_model
from coldwave.evaluation.shards import joined, stand_shard

USERS, SONGS, LENGTHS = 900, 60, [4, 9]


def a_run(seed, played=0.03):
    """Plays, split and songs of a run, and vectors of users and songs; a few songs have none."""
    rng = np.random.default_rng(seed)
    pairs = np.argwhere(rng.random((USERS, SONGS)) < played).astype(np.uint32)
    songs = pl.DataFrame({"song": range(SONGS), "song_id": [f"S{song}" for song in range(SONGS)], "artist": "Ann"})
    split = pl.DataFrame({"song": range(SONGS), "part": ["test", "test", "train"] * (SONGS // 3)})
    vectors = rng.normal(size=(USERS, 7)).astype(np.float32), rng.normal(size=(SONGS, 7)).astype(np.float32)
    vectors[1][:2] = np.nan
    plays = pl.DataFrame({"user": pairs[:, 0], "song": pairs[:, 1]})
    return (plays, split, songs), vectors


def in_shards(tables, vectors, shards, threads=1):
    test = candidates_of(*tables, *vectors)
    return [stand_shard(vectors[0], test, LENGTHS[0], shard, shards, threads) for shard in range(shards)]


@given(
    seed=st.integers(0, 99),
    shards=st.integers(1, 12),
    at_once=st.integers(1, 300),
    played=st.sampled_from([0.003, 0.1]),
)
def test_shards_give_the_same_bits(seed, shards, at_once, played):
    tables, vectors = a_run(seed, played)
    with pytest.MonkeyPatch.context() as patch:
        for module in (scoring, shards_module):
            patch.setattr(module, "users_of_chunk", lambda distinct: at_once)
        test = candidates_of(*tables, *vectors)
        whole = stand(vectors[0], test.vectors, test.starts, test.relevant, test.order, LENGTHS[0])
        found = joined(in_shards(tables, vectors, shards), test, LENGTHS[0])
    assert all(np.array_equal(*both) for both in zip(found, whole, strict=True))


def test_scores_of_shards_are_those_of_one_job():
    tables, vectors = a_run(0)
    with pytest.MonkeyPatch.context() as patch:
        for module in (scoring, shards_module):
            patch.setattr(module, "users_of_chunk", lambda distinct: 50)
        whole = score_model(*tables, *vectors, 10, LENGTHS)
        parts = in_shards(tables, vectors, 3, threads=2)
    found = score_model(*tables, *vectors, 10, LENGTHS, shards=parts)
    assert found.users.equals(whole.users)
    assert found.songs.equals(whole.songs)
    np.testing.assert_array_equal(found.without_songs, whole.without_songs)


def test_each_shard_does_its_part():
    tables, vectors = a_run(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards_module, "users_of_chunk", lambda distinct: 50)
        pairs = [len(standing.above) for standing in in_shards(tables, vectors, 4)]
    assert min(pairs) > sum(pairs) / 5


def test_more_shards_than_chunks_of_users_leave_some_empty():
    tables, vectors = a_run(0)
    pairs = [len(standing.above) for standing in in_shards(tables, vectors, 3)]
    assert sorted(pairs)[:2] == [0, 0]


def test_shards_of_other_plays_are_refused():
    tables, vectors = a_run(0)
    parts = in_shards(*a_run(1), 3)
    with pytest.raises(InputError, match="delete scores_in_shards"):
        score_model(*tables, *vectors, 10, LENGTHS, shards=parts)


def test_shards_with_lists_of_another_length_are_refused():
    tables, vectors = a_run(0)
    with pytest.raises(InputError, match=r"lists of \{4\}.*lists of 9.*delete scores_in_shards"):
        score_model(*tables, *vectors, 10, LENGTHS[::-1], shards=in_shards(tables, vectors, 3))


def test_vectors_that_cannot_be_ranked_are_refused():
    tables, vectors = a_run(0)
    vectors[0][:] = np.inf
    with pytest.raises(InputError, match="cannot be ranked"):
        in_shards(tables, vectors, 3)
