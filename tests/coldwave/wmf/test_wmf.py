"""Weighted matrix factorisation against dense arithmetic."""

import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from implicit.cpu.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

from coldwave.errors import InputError
from coldwave.wmf.als import factorise, factorise_songs
from coldwave.wmf.confidence import confidence, confidence_matrix
from coldwave.wmf.folding import fold_in
from coldwave.wmf.gram import gram_matrix
from coldwave.wmf.objective import objective

USERS, SONGS, FACTORS, REGULARIZATION = 40, 30, 5, 0.1


def random_plays(seed=0, users=USERS, songs=SONGS, share=0.2):
    rng = np.random.default_rng(seed)
    user, song = np.nonzero(rng.random((users, songs)) < share)
    count = rng.geometric(0.3, len(user))
    return pl.DataFrame(
        {"user": user, "song": song, "count": count},
        schema={"user": pl.UInt32, "song": pl.UInt32, "count": pl.UInt32},
    )


def dense(matrix):
    """Preferences and confidences of all pairs: p = 0 and c = 1 where nothing was played."""
    stored = matrix.toarray().astype(np.float64)
    return (stored > 0).astype(float), np.where(stored > 0, stored, 1.0)


def test_the_gram_matrix_has_the_same_bytes_with_any_number_of_threads():
    # so many rows and factors that BLAS shares the work among threads of its own
    factors, found = np.random.default_rng(0).normal(size=(70_000, 100)).astype(np.float32), []
    for threads in (1, 2, 4):
        with threadpool_limits(threads, user_api="blas"):
            found += [gram_matrix(factors).tobytes(), gram_matrix(factors, threads).tobytes()]
    assert len(set(found)) == 1


def test_confidence_is_logarithmic_and_keeps_the_counts():
    # a mistake found in re-implementations: raw counts, or counts made binary before the logarithm
    counts = np.array([1, 2, 100])
    assert confidence(counts, alpha=2, epsilon=1e-6) == pytest.approx(1 + 2 * np.log1p(counts / 1e-6), rel=1e-6)
    assert confidence(np.array([1, 100]), 2, 1e-6) == pytest.approx([28.6, 37.8], abs=0.05)  # the published values
    assert len(np.unique(confidence(counts, alpha=2, epsilon=1))) == 3
    assert confidence(np.array([0]), 2, 1e-6)[0] == 1


def test_objective_equals_the_dense_double_sum():
    matrix = confidence_matrix(random_plays(), USERS, SONGS, alpha=2, epsilon=0.5)
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((USERS, FACTORS)), rng.standard_normal((SONGS, FACTORS))
    preference, weights = dense(matrix)
    expected = np.sum(weights * (preference - x @ y.T) ** 2) + 0.3 * (np.sum(x**2) + np.sum(y**2))
    assert objective(matrix, x, y, 0.3) == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 2), st.integers(1, 40), st.sampled_from([1, 2, 5]))
@settings(deadline=None, max_examples=40)
def test_the_objective_is_the_dense_one_whatever_the_blocks_and_threads(seed, share, weight, block, threads):
    matrix = confidence_matrix(random_plays(seed, share=share), USERS, SONGS, alpha=2, epsilon=0.5)
    rng = np.random.default_rng(seed)
    x, y = (rng.standard_normal((n, FACTORS)).astype(np.float32) for n in (USERS, SONGS))
    own = rng.random(USERS), rng.random(SONGS)
    preference, weights = dense(matrix)
    error = np.sum(np.where(preference > 0, weights, weight) * (preference - x.astype(np.float64) @ y.T) ** 2)
    expected = error + own[0] @ np.sum(x.astype(np.float64) ** 2, 1) + own[1] @ np.sum(y.astype(np.float64) ** 2, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("coldwave.wmf.objective.BLOCK", block)
        patch.setattr("coldwave.wmf.gram.BLOCK", block)
        values = [objective(matrix, x, y, own, weight, number) for number in (1, threads)]
    assert values[0] == values[1], "threads change no bit"
    assert values[0] == pytest.approx(expected, rel=1e-9)


def test_exact_song_factors_satisfy_the_dense_normal_equations():
    matrix = confidence_matrix(random_plays(), USERS, SONGS, alpha=2, epsilon=0.5)
    x, y = factorise(matrix, FACTORS, REGULARIZATION, iterations=8, solver="exact", seed=3, dtype=np.float64)
    preference, weights = dense(matrix)
    for song in range(SONGS):
        c = np.diag(weights[:, song])
        solved = np.linalg.solve(x.T @ c @ x + REGULARIZATION * np.eye(FACTORS), x.T @ c @ preference[:, song])
        assert y[song] == pytest.approx(solved, abs=1e-7)


@pytest.mark.parametrize("solver", ["cg", "exact"])
def test_the_objective_falls_with_each_iteration(solver):
    values = []
    factorise(
        confidence_matrix(random_plays(), USERS, SONGS, alpha=2, epsilon=0.5),
        FACTORS,
        REGULARIZATION,
        iterations=10,
        solver=solver,
        report=lambda _iteration, value, _seconds: values.append(value),
    )
    assert len(values) == 10
    assert np.all(np.diff(values) < np.abs(values[:-1]) * 1e-4)
    assert values[-1] < values[0]


def test_fold_in_has_no_gradient_left():
    matrix = confidence_matrix(random_plays(), USERS, SONGS, alpha=2, epsilon=0.5)
    x = np.random.default_rng(5).standard_normal((USERS, FACTORS)).astype(np.float32)
    y = fold_in(matrix, x, REGULARIZATION).astype(np.float64)
    preference, weights = dense(matrix)
    residual = weights * (preference - x @ y.T)
    gradient = -2 * residual.T @ x + 2 * REGULARIZATION * y
    scale = np.abs(2 * (weights * preference).T @ x).max()
    assert np.abs(gradient).max() < 1e-5 * scale


@given(st.integers(0, 10**6), st.floats(0, 1), st.sampled_from([1.0, 0.2]), st.integers(1, 200), st.integers(2, 4))
@settings(deadline=None, max_examples=40)
def test_songs_fold_in_as_by_dense_normal_equations_whatever_the_blocks_and_threads(
    seed, share, weight, numbers, threads
):
    matrix = confidence_matrix(random_plays(seed, share=share), USERS, SONGS, alpha=2, epsilon=0.5)
    rng = np.random.default_rng(seed)
    x, own = rng.standard_normal((USERS, FACTORS)).astype(np.float32), rng.uniform(0.1, 5, SONGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("coldwave.wmf.folding.NUMBERS", numbers)
        one, several = (fold_in(matrix, x, own, weight, number) for number in (1, threads))
    assert np.array_equal(one, several), "threads change no bit"
    preference, weights = dense(matrix)
    exact = x.astype(np.float64)
    for song in range(SONGS):
        c = np.diag(np.where(preference[:, song] > 0, weights[:, song], weight))
        solved = np.linalg.solve(exact.T @ c @ exact + own[song] * np.eye(FACTORS), exact.T @ c @ preference[:, song])
        assert one[song] == pytest.approx(solved, rel=1e-5, abs=1e-6)


def test_songs_fold_in_as_implicit_calculates_them():
    matrix = confidence_matrix(random_plays(), USERS, SONGS, alpha=2, epsilon=0.5)
    model = AlternatingLeastSquares(FACTORS, regularization=0.4, num_threads=1, iterations=1)
    model.fit(matrix, show_progress=False)
    expected = model.recalculate_item(np.arange(SONGS), matrix.T.tocsr())
    assert fold_in(matrix, model.user_factors, 0.4) == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_a_song_without_plays_folds_in_as_zeros():
    empty = sparse.csr_matrix((USERS, 2), dtype=np.float32)
    for songs in (0, 1, 2):
        folded = fold_in(empty[:, :songs], np.ones((USERS, FACTORS), np.float32), REGULARIZATION)
        assert (folded.shape, folded.dtype, folded.any()) == ((songs, FACTORS), np.float32, False)


def test_each_song_may_be_folded_in_with_a_regularisation_of_its_own():
    matrix = confidence_matrix(random_plays(), USERS, SONGS, alpha=2, epsilon=0.5)
    x = np.random.default_rng(5).standard_normal((USERS, FACTORS)).astype(np.float32)
    own = np.linspace(0.1, 20, SONGS)
    together, alone = fold_in(matrix, x, own), [fold_in(matrix[:, [song]], x, own[song])[0] for song in range(SONGS)]
    assert together == pytest.approx(np.array(alone), rel=1e-6)
    assert np.abs(together - fold_in(matrix, x, 0.1)).max() > 0.01


def factorised(plays, training, threads=1):
    return factorise_songs(
        plays, training, USERS, FACTORS, alpha=2, epsilon=0.5, regularization=REGULARIZATION, iterations=5,
        solver="exact", seed=1, threads=threads,
    )  # fmt: skip


def test_other_songs_plays_do_not_reach_the_user_factors():
    # a mistake found in re-implementations: the factorisation fitted before the split
    plays = random_plays()
    training = np.arange(SONGS) % 3 > 0
    x, y, _ = factorised(plays, training)
    in_training = pl.col("song").is_in(np.flatnonzero(training))
    kept, other = plays.filter(in_training), random_plays(seed=9).filter(~in_training)
    x_changed, y_changed, _ = factorised(pl.concat([kept, other]), training)
    assert np.array_equal(x, x_changed)
    assert np.array_equal(y[training], y_changed[training])
    assert not np.array_equal(y[~training], y_changed[~training])


def test_with_all_songs_fitted_none_is_folded_in():
    plays = random_plays()
    x, y, _ = factorised(plays, np.ones(SONGS, dtype=bool))
    weights = confidence_matrix(plays, USERS, SONGS, 2, 0.5)
    assert y == pytest.approx(fold_in(weights, x, REGULARIZATION), abs=1e-4)  # the exact solver ends with the songs
    # and other plays of any song reach the users
    other = random_plays(seed=9)
    changed = pl.concat([plays.filter(pl.col("song") != 3), other.filter(pl.col("song") == 3)])
    assert not np.array_equal(x, factorised(changed, np.ones(SONGS, dtype=bool))[0])


def test_the_same_numbers_with_any_number_of_threads():
    training = np.arange(SONGS) % 3 > 0
    one, two = (factorised(random_plays(), training, threads) for threads in (1, 2))
    assert np.array_equal(one[0], two[0])
    assert np.array_equal(one[1], two[1])


def test_no_dense_array_of_users_and_songs():
    # a mistake found in re-implementations; 200,000 × 100,000 float32 would take 80 GB
    plays = random_plays(users=50, songs=50)
    plays = plays.with_columns(pl.col("user") * 4000, pl.col("song") * 2000)
    training = np.ones(100_000, dtype=bool)
    training[::7] = False
    x, y, _ = factorise_songs(plays, training, 200_000, 2, 2, 0.5, 0.1, 1, "cg", 1, 1)
    assert (len(x), len(y)) == (200_000, 100_000)
    assert objective(confidence_matrix(plays, 200_000, 100_000, 2, 0.5), x, y, 0.1) > 0


def test_factors_that_vanish_are_an_error_that_names_the_key():
    with pytest.raises(InputError, match=r"wmf\.regularization = 1000"):
        factorise_songs(
            random_plays(), np.ones(SONGS, dtype=bool), USERS, 2, 2, 1, 1000, iterations=15, solver="cg", seed=1,
            threads=1,
        )  # fmt: skip


# Unplayed pairs of less weight, and frequent users and songs held down more


def dense_gradients(matrix, x, y, weight, of_users, of_songs):
    """The gradients of the objective over all pairs, in dense arithmetic: [users, factors], [songs, factors]."""
    preference, weights = dense(matrix)
    weights = np.where(preference > 0, weights, weight)
    residual = weights * (preference - x @ y.T)
    return residual @ y - of_users[:, None] * x, residual.T @ x - of_songs[:, None] * y


def rendle(matrix, regularization, weight, scaling):
    """lambda (|I_u| + w |I|)^scaling, and the same of songs, as in the paper of Rendle et al.; each over its mean."""
    played = matrix.toarray() > 0
    n_users, n_songs = played.sum(1) + weight * played.shape[1], played.sum(0) + weight * played.shape[0]
    return [regularization * (n / n.mean()) ** scaling for n in (n_users, n_songs)]


@pytest.mark.parametrize(("weight", "scaling"), [(0.3, 0.0), (1.0, 1.0), (0.2, 0.5)])
def test_the_exact_factorisation_ends_where_the_dense_gradient_is_zero(weight, scaling):
    matrix = confidence_matrix(random_plays(), USERS, SONGS, alpha=2, epsilon=0.5)
    settings = {"unplayed_weight": weight, "frequency_scaling": scaling}
    x, y = factorise(
        matrix, 3, 0.7, iterations=3000, solver="exact", seed=3, dtype=np.float64, tolerance=1e-14, **settings
    )
    of_users, of_songs = rendle(matrix, 0.7, weight, scaling)
    scale = np.abs(matrix.toarray().T @ x).max()
    for gradient in dense_gradients(matrix, x, y, weight, of_users, of_songs):
        assert np.abs(gradient).max() < 1e-4 * scale
    values = []
    factorise(
        matrix, 3, 0.7, 4, "exact", 3, report=lambda _, value, __: values.append(value), dtype=np.float64, **settings
    )
    x, y = factorise(matrix, 3, 0.7, 4, "exact", 3, dtype=np.float64, **settings)
    preference, weights = dense(matrix)
    error = np.sum(np.where(preference > 0, weights, weight) * (preference - x @ y.T) ** 2)
    assert values[-1] == pytest.approx(error + of_users @ np.sum(x**2, 1) + of_songs @ np.sum(y**2, 1), rel=1e-9)


def test_both_solvers_of_the_exact_problem_agree():
    """implicit's with all users and songs alike, and the one for regularisations of their own that are nearly alike."""
    matrix = confidence_matrix(random_plays(), USERS, SONGS, alpha=2, epsilon=0.5)
    fits = [
        factorise(matrix, 1, 2.0, 400, "exact", 1, dtype=np.float64, unplayed_weight=0.4, frequency_scaling=scaling)
        for scaling in (0.0, 1e-9)
    ]
    one, other = (x @ y.T for x, y in fits)
    assert other == pytest.approx(one, abs=1e-5)


def test_other_songs_fold_in_with_the_penalty_of_their_frequency():
    plays, training = random_plays(), np.arange(SONGS) % 3 > 0
    x, y, _ = factorise_songs(
        plays, training, USERS, FACTORS, 2, 0.5, 0.7, 5, "exact", 1, 2, unplayed_weight=0.3, frequency_scaling=0.5
    )
    matrix = confidence_matrix(plays, USERS, SONGS, 2, 0.5)
    frequency = (matrix.toarray() > 0).sum(0) + 0.3 * USERS
    own = 0.7 * (frequency / frequency[training].mean()) ** 0.5
    preference, weights = dense(matrix)
    for song in range(SONGS):
        c = np.diag(np.where(preference[:, song] > 0, weights[:, song], 0.3))
        solved = np.linalg.solve(x.T @ c @ x + own[song] * np.eye(FACTORS), x.T @ c @ preference[:, song])
        assert y[song] == pytest.approx(solved, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("scaling", [0.0, 0.5])
def test_it_stops_where_the_objective_falls_by_a_smaller_share(scaling):
    matrix = confidence_matrix(random_plays(), USERS, SONGS, alpha=2, epsilon=0.5)

    def fit(iterations, tolerance):
        values = []
        fitted = factorise(
            matrix, FACTORS, REGULARIZATION, iterations, "exact", report=lambda _, value, __: values.append(value),
            tolerance=tolerance, frequency_scaling=scaling,
        )  # fmt: skip
        return fitted, np.array(values)

    whole = fit(40, 0.0)[1]
    assert len(whole) == 40
    falls = (whole[:-1] - whole[1:]) / whole[:-1]
    first = int(np.flatnonzero(falls < 0.003)[0]) + 2  # iterations done when one has lowered it by less
    assert 3 < first < 40
    fitted, values = fit(40, 0.003)
    assert np.array_equal(values, whole[:first])
    assert all(np.array_equal(a, b) for a, b in zip(fitted, fit(first, 0.0)[0], strict=True))
    assert len(fit(3, 1e-9)[1]) == 3


def test_a_factorisation_that_has_not_settled_is_a_warning(caplog):
    settings = {"alpha": 2, "epsilon": 0.5, "regularization": 0.1, "solver": "cg", "seed": 1, "threads": 1}
    for iterations, told in ((3, True), (200, False)):
        caplog.clear()
        factorise_songs(
            random_plays(), np.ones(SONGS, bool), USERS, 3, iterations=iterations, tolerance=0.001, **settings
        )
        assert ("raise wmf.iterations" in caplog.text) == told


FRESH = """
import numpy as np, scipy.sparse as sparse
from coldwave.wmf.als import factorise
factorise(sparse.csr_matrix(np.eye(9, dtype=np.float32)), 4, 1.0, 2, threads=2)
"""


def test_no_blas_threads_run_below_those_of_implicit():
    """In a process that has not loaded implicit's BLAS before. implicit itself warns of threads that would contend."""
    command = [sys.executable, "-W", "error:OpenBLAS is configured:RuntimeWarning", "-c", FRESH]
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
