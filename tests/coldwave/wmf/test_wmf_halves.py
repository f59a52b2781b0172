"""Songs folded in from one half of the users for the other: against dense arithmetic, and what a user's plays reach."""

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.files import read_array, write_array, write_table
from coldwave.wmf.halves import draw_plays, facing_vectors, first_half, fold_in_halves

USERS, SONGS, FACTORS, STRENGTH = 21, 9, 3, 0.7
WMF = {"regularization": STRENGTH, "unplayed_weight": 1.0, "frequency_scaling": 0.0}


def random_confidences(seed=0, users=USERS, songs=SONGS, share=0.4):
    rng = np.random.default_rng(seed)
    dense = np.where(rng.random((users, songs)) < share, 1 + rng.exponential(3, (users, songs)), 0)
    return sparse.csr_matrix(dense.astype(np.float32))


def random_factors(seed=5, users=USERS):
    return np.random.default_rng(seed).standard_normal((users, FACTORS)).astype(np.float32)


def dense_fold_in(stored, factors):
    """The normal equations of each song, with all the users that are given."""
    solved = []
    for column in stored.toarray().T.astype(np.float64):
        weights = np.diag(np.where(column > 0, column, 1))
        system = factors.T @ weights @ factors + STRENGTH * np.eye(FACTORS)
        solved.append(np.linalg.solve(system, factors.T @ weights @ (column > 0)))
    return np.array(solved)


@given(st.integers(0, 50), st.integers(0, 5))
def test_halves_are_halves_and_the_seeds_own(users, seed):
    first = first_half(users, seed)
    assert first.sum() == users // 2
    assert np.array_equal(first, first_half(users, seed))
    assert users < 20 or not np.array_equal(first, first_half(users, seed + 1))


def test_scores_are_those_of_factors_from_the_other_half_alone():
    stored, factors, first = random_confidences(), random_factors(), first_half(USERS, 1)
    scores = facing_vectors(factors, first) @ fold_in_halves(stored, factors, first, WMF).T
    exact = factors.astype(np.float64)
    for half in (first, ~first):
        expected = exact[half] @ dense_fold_in(stored[~half], exact[~half]).T
        assert scores[half] == pytest.approx(expected, abs=1e-5)


def test_a_song_that_one_half_alone_has_played_by_hand():
    # two users in each half, one factor; the first half plays the song, once with confidence 3
    first, factors = np.array([True, True, False, False]), np.array([[1], [2], [1], [2]], np.float32)
    stored = sparse.csr_matrix(np.array([[3], [0], [0], [0]], np.float32))
    vectors = fold_in_halves(stored, factors, first, WMF | {"regularization": 1})
    assert vectors == pytest.approx(np.array([[3 / (3 * 1 + 1 * 4 + 1), 0]]))  # x c p / (c x^2 + x^2 + strength)
    assert (facing_vectors(factors, first) @ vectors.T)[:, 0] == pytest.approx([0, 0, 3 / 8, 6 / 8])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, USERS - 1), st.integers(0, 10**6))
def test_a_users_own_plays_do_not_reach_the_users_scores(user, seed):
    stored, factors, first = random_confidences(seed).tolil(), random_factors(seed), first_half(USERS, seed)

    def scores(confidences):
        return facing_vectors(factors, first) @ fold_in_halves(confidences.tocsr(), factors, first, WMF).T

    before = scores(stored)
    stored[user] = random_confidences(seed + 1)[user].toarray()[0]
    after = scores(stored)
    own_half = first == first[user]
    assert np.array_equal(before[own_half], after[own_half])
    changed = (random_confidences(seed)[user] != random_confidences(seed + 1)[user]).nnz
    assert not changed or not np.array_equal(before[~own_half], after[~own_half])


@pytest.mark.parametrize("most", [0, 1, 3, 100])
def test_so_many_plays_are_drawn_of_each_song_and_half(most):
    stored, first = random_confidences(3, 60), first_half(60, 2)
    order = np.random.default_rng(1).permutation(stored.nnz)
    drawn, more = draw_plays(stored, first, order, most), draw_plays(stored, first, order, most + 1)
    for half in (first, ~first):
        there = np.bincount(stored[half].indices, minlength=SONGS)
        assert np.bincount(drawn[half].indices, minlength=SONGS).tolist() == np.minimum(there, most).tolist()
    drawn, more, stored = drawn.toarray(), more.toarray(), stored.toarray()
    assert np.array_equal(drawn[drawn > 0], stored[drawn > 0])
    assert np.array_equal(more[drawn > 0], stored[drawn > 0]), "fewer plays are among more"
    assert most < 100 or np.array_equal(drawn, stored)


def test_every_play_is_drawn_as_often():
    stored, first = sparse.csr_matrix(np.ones((10, 1), np.float32)), np.arange(10) < 5
    drawn = [
        draw_plays(stored, first, np.random.default_rng(seed).permutation(10), 2).toarray()[:, 0]
        for seed in range(2000)
    ]
    assert np.mean(drawn, axis=0) == pytest.approx(0.4, abs=0.05)


def test_other_songs_keep_their_factors(script, tmp_path):
    stored, factors = random_confidences(), random_factors()
    user, song = stored.nonzero()
    plays = pl.DataFrame(
        {"user": user, "song": song, "count": np.ones(len(user))}, schema_overrides={"count": pl.UInt32}
    )
    split = pl.DataFrame({"song": np.arange(SONGS), "part": ["train"] * 4 + ["test"] * 3 + ["validation"] * 2})
    write_table(tmp_path / "plays.parquet", plays, plays.schema)
    write_table(tmp_path / "split.parquet", split, split.schema)
    own = np.random.default_rng(9).standard_normal((SONGS, FACTORS)).astype(np.float32)
    write_array(tmp_path / "users.npy", factors)
    write_array(tmp_path / "songs.npy", own)
    script("predict_usage")(
        plays=tmp_path / "plays.parquet", split=tmp_path / "split.parquet", user_factors=tmp_path / "users.npy",
        song_factors=tmp_path / "songs.npy", predictions=tmp_path / "1.npy", prediction_users=tmp_path / "1.users.npy",
        options={"alpha": 2.0, "epsilon": 1.0, "seed": 4, **WMF},
    )  # fmt: skip
    songs, users = read_array(tmp_path / "1.npy"), read_array(tmp_path / "1.users.npy")
    assert songs.dtype == users.dtype == np.float32
    others = [0, 1, 2, 3, 7, 8]
    assert (users @ songs.T)[:, others] == pytest.approx(factors @ own[others].T, abs=1e-5)
    binary = sparse.csr_matrix((np.full(len(user), 1 + 2 * np.log(2)), (user, song)), shape=stored.shape)
    first = first_half(USERS, 4)
    exact = factors.astype(np.float64)
    expected = exact[first] @ dense_fold_in(binary[:, [4, 5, 6]][~first], exact[~first]).T
    assert (users @ songs.T)[first][:, [4, 5, 6]] == pytest.approx(expected, abs=1e-5)
