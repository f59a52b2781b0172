"""A listener who is folded in: closed forms, the run's own users, and what each song played carries of a score."""

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from small_runs import NO_AUDIO, SEED, WMF, write_run

import coldwave
from coldwave.errors import InputError
from coldwave.use.kinds import DISTANCE, MEAN
from coldwave.use.listeners import factor_parts, fold_in_parts, mean_parts
from coldwave.wmf.folding import fold_in


def dense_factors(played, counts, every, wmf):
    """Minimise the user's objective over all songs, with a matrix of confidences: float64 [factors].

    ``played`` are rows of ``every``, float [songs, factors].
    """
    confidences = np.full(len(every), wmf["unplayed_weight"])
    confidences[played] = 1 + wmf["alpha"] * np.log(1 + np.asarray(counts) / wmf["epsilon"])
    preferences = np.zeros(len(every))
    preferences[played] = 1
    system = every.T @ np.diag(confidences) @ every + wmf["regularization"] * np.eye(every.shape[1])
    return np.linalg.inv(system) @ every.T @ np.diag(confidences) @ preferences


def factors(run):
    y = np.load(run.files.path("wmf/song_factors.npy")).astype(np.float64)
    return y, np.load(run.files.path("wmf/fitted_songs.npy"))


def plays_by_id(run, user, songs):
    own = pl.read_parquet(run.files.path("plays/plays.parquet")).filter(user=user)
    kept = own.filter(pl.col("song").is_in(songs.tolist()))
    return {f"S{song:03}": count for song, count in kept.select("song", "count").iter_rows()}


def test_the_factors_are_those_of_a_dense_closed_form(run):
    y, fitted = factors(run)
    songs = np.flatnonzero(fitted)[[0, 3, 9, 20]]
    found = run.fold_in({f"S{song:03}": count for song, count in zip(songs, [1, 41, 2, 7], strict=True)})
    expected = dense_factors([0, 3, 9, 20], [1, 41, 2, 7], y[fitted], WMF)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_songs_that_were_not_fitted_count_beside_the_others(run):
    """A validation song with many users by its plays, a song of nobody by what is heard."""
    y, fitted = factors(run)
    users = run.songs["users"].to_numpy()
    popular = int(np.argmax(np.where(fitted, 0, users)))
    nobody = len(fitted) - 1
    assert not fitted[popular] and users[popular] >= 20 and users[nobody] == 0
    heard = np.load(run.files.path(f"predictions/linear/{SEED}.npy"))[nobody]
    every = np.vstack((y[fitted], y[popular], heard))
    number = int(fitted.sum())
    found = run.fold_in({"S000": 4, f"S{popular:03}": 3, f"S{nobody:03}": 2})
    assert found == pytest.approx(dense_factors([0, number, number + 1], [4, 3, 2], every, WMF), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("scaling", [0.0, 0.5])
def test_a_user_of_a_converged_run_is_found_again(scaling, tmp_path):
    """Songs are solved last, so a user's factors are the optimum only where a further step would change nothing."""
    wmf = WMF | {"frequency_scaling": scaling}
    run = coldwave.load(write_run(tmp_path / "run", wmf=wmf))
    users = np.load(run.files.path("wmf/user_factors.npy"))
    _, fitted = factors(run)
    for user in range(0, 90, 9):
        found = run.fold_in(plays_by_id(run, user, np.flatnonzero(fitted)))
        assert found == pytest.approx(users[user], rel=1e-4, abs=1e-4)
    assert np.abs(users).max() > 0.1


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 8), st.integers(1, 6), st.floats(0.05, 1), st.integers(0, 10**6))
def test_the_sum_of_the_parts_is_the_step_of_the_factorisation(songs, rank, weight, seed):
    rng = np.random.default_rng(seed)
    every = rng.normal(size=(songs + 5, rank)).astype(np.float32)
    confidences = rng.uniform(1, 9, songs).astype(np.float32)
    parts = factor_parts(every[:songs], confidences, every.T.astype(float) @ every, 0.7, weight)
    matrix = sparse.csr_matrix((confidences, (range(songs), [0] * songs)), shape=(songs + 5, 1))
    assert parts.sum(axis=0) == pytest.approx(fold_in(matrix, every, 0.7, weight)[0], rel=1e-3, abs=1e-4)


def test_regularisation_grows_with_the_songs_played():
    y = np.random.default_rng(2).normal(size=(6, 3))
    counts, none = np.array([1, 2, 3]), np.zeros(3, dtype=bool)
    scaled = fold_in_parts(y[:3], counts, none, y.T @ y, 6, WMF | {"frequency_scaling": 0.5}, 1.5).sum(axis=0)
    own = WMF["regularization"] * ((3 + 0.7 * 6) / (1.5 + 0.7 * 6)) ** 0.5
    expected = dense_factors([0, 1, 2], counts, y, WMF | {"regularization": own})
    assert scaled == pytest.approx(expected, rel=1e-6)  # confidences have 32 bits


def test_means_are_divided_over_the_songs_played():
    vectors, weights = np.array([[1.0, 2.0, 5.0], [3.0, 0.0, 9.0]]), np.array([1.0, 3.0])
    assert mean_parts(vectors, weights, MEAN) == pytest.approx(np.array([[0.25, 0.5, 1.25], [2.25, 0, 6.75]]))
    assert mean_parts(vectors, weights, DISTANCE).sum(axis=0) == pytest.approx([5.0, 1.0, -1.0])


def test_a_listener_of_distances_scores_by_minus_the_mean_square_distance(run):
    vectors = np.load(run.files.path(f"predictions/metric/{SEED}.npy")).astype(np.float64)
    z = vectors[:, :-1]
    weights = 1 + WMF["alpha"] * np.log(1 + np.array([5, 1]) / WMF["epsilon"])
    scores = run.scores(plays={"S001": 5, "S002": 1}, model="metric")
    distances = np.stack([np.square(z - z[song]).sum(axis=1) for song in (1, 2)])
    expected = -(weights / weights.sum()) @ distances
    known = np.isfinite(expected)
    assert (scores - expected)[known] == pytest.approx(np.full(known.sum(), (scores - expected)[0]), abs=1e-4)


def test_songs_that_are_unknown_or_cannot_be_heard_are_told(run):
    found = run.recommend(plays={"S001": 2, "x": 1, "y": 1, "z": 4, "w": 1}, model="linear")
    assert found.notes == ["4 of the 5 songs played are not in the run ('x', 'y', 'z', …)."]
    found = run.recommend(plays={"S001": 2, f"S{NO_AUDIO:03}": 9}, model="knn")
    assert "1 of the 2 songs played have neither usable audio nor enough plays." in found.notes
    with pytest.raises(InputError, match="none of the songs has usable audio"):
        run.recommend(plays={f"S{NO_AUDIO:03}": 9}, model="knn")
