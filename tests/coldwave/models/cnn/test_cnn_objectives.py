"""The objectives: the sparse weighted prediction error against the dense sum, and what tempering does to songs."""

import tracemalloc

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.models.cnn.objectives import (
    SquaredError,
    WeightedPredictionError,
    tempered_weights,
    total_weights,
    unit_rows,
    weighted_objective,
    weighted_prediction_errors,
)
from coldwave.wmf.confidence import confidence_matrix
from coldwave.wmf.popularity import popularity_direction

USERS, SONGS, FACTORS, ALPHA, EPSILON = 30, 12, 4, 2.0, 0.5
TRAINING = np.arange(8)


def world(seed=0, users=USERS, share=0.3):
    """Counts of plays [users, songs] of which one song has none and one all users, and factors of both."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 40, (users, SONGS)) * (rng.random((users, SONGS)) < share)
    counts[:, 2], counts[:, 5] = 0, 3
    factors = (rng.standard_normal((number, FACTORS)).astype(np.float32) for number in (users, SONGS))
    return counts, *factors


def table(counts):
    user, song = np.nonzero(counts)
    schema = {"user": pl.UInt32, "song": pl.UInt32, "count": pl.UInt32}
    return pl.DataFrame({"user": user, "song": song, "count": counts[user, song]}).cast(schema)


def dense_confidences(counts):
    """c_ui of all pairs, from the paper's equation."""
    return 1 + ALPHA * np.log(1 + counts / EPSILON)


def dense_errors(counts, users, predicted):
    """Equation 5 as it is written, over all pairs of a user and a song: float64 [songs]."""
    preferences = torch.tensor((counts > 0).astype(np.float64))
    scores = torch.tensor(users, dtype=torch.float64) @ predicted.double().T
    return (torch.tensor(dense_confidences(counts)) * (preferences - scores).square()).sum(dim=0)


def objective(counts, users, own, temper=0.0):
    return weighted_objective(table(counts), users, own, TRAINING, ALPHA, EPSILON, temper)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 60), st.floats(0, 1), st.lists(st.integers(0, SONGS - 1), min_size=1))
def test_the_sparse_error_and_its_gradient_equal_the_dense_sums(seed, users, share, batch):
    counts, user_factors, own = world(seed, users, share)
    songs = np.array(batch)
    predicted = torch.randn(len(songs), FACTORS, generator=torch.Generator().manual_seed(seed))
    gradients, errors = [], []
    sparse = objective(counts, user_factors, own)
    for compute in (
        lambda y: sparse.errors(y, *sparse.known(songs)),
        lambda y: dense_errors(counts[:, songs], user_factors, y),
    ):
        y = predicted.clone().requires_grad_()
        errors.append(compute(y))
        errors[-1].sum().backward()
        gradients.append(y.grad.double())
    for found, expected in (errors, gradients):
        scale = float(expected.detach().abs().max()) + 1
        assert torch.allclose(found.double(), expected, atol=1e-5 * scale)


def test_in_double_precision_they_are_the_same_to_its_last_digits():
    counts, users, own = world()
    songs = np.arange(SONGS)
    *_, vectors, owners, _ = objective(counts, users, own).known(songs)
    vectors = vectors.double()
    c = torch.tensor(dense_confidences(counts).T[counts.T > 0])
    x = torch.tensor(users, dtype=torch.float64)
    y, z = (torch.tensor(own, dtype=torch.float64, requires_grad=True) for _ in range(2))
    found, expected = weighted_prediction_errors(y, x.T @ x, vectors, owners, c), dense_errors(counts, users, z)
    found.sum().backward()
    expected.sum().backward()
    assert torch.allclose(found, expected, rtol=1e-12)
    assert torch.allclose(y.grad, z.grad, rtol=1e-10)


def test_the_error_is_least_where_alternating_least_squares_puts_a_song():
    counts, users, own = world()
    sparse = objective(counts, users, own)
    song = 7
    weighted = users.astype(np.float64) * dense_confidences(counts)[:, song : song + 1]
    solved = np.linalg.solve(users.T.astype(np.float64) @ weighted, weighted.T @ (counts[:, song] > 0))
    y = torch.tensor(solved[None], dtype=torch.float32, requires_grad=True)
    sparse.errors(y, *sparse.known(np.array([song]))).sum().backward()
    assert y.grad.abs().max() < 1e-3


def test_mixed_precision_does_not_reach_it():
    counts, users, own = world()
    sparse = objective(counts, users, own)
    known = sparse.known(np.arange(SONGS))
    plain = sparse.errors(torch.from_numpy(own), *known)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = sparse.errors(torch.from_numpy(own), *known)
    assert torch.equal(plain, mixed)


def test_no_dense_array_of_users_and_songs():
    users, songs, plays = 100_000, 50_000, 100_000  # 20 GB of scores in single precision
    rng = np.random.default_rng(0)
    pairs = rng.choice(users * songs, plays, replace=False)
    heard = pl.DataFrame({"user": pairs // songs, "song": pairs % songs, "count": np.ones(plays, dtype=np.uint32)})
    factors = [rng.standard_normal((number, 2)).astype(np.float32) for number in (users, songs)]
    tracemalloc.start()
    try:
        sparse = weighted_objective(heard, *factors, np.arange(songs), ALPHA, EPSILON, 1.0)
        known = sparse.known(np.arange(64))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    played = int(np.isin(pairs % songs, np.arange(64)).sum())
    assert [len(tensor) for tensor in known[-3:]] == [played] * 3
    assert all(tensor.numel() <= 64 for tensor in known[:-3])
    assert peak < 60e6


def test_threads_change_no_bit():
    counts, users, own = world(users=3000)
    sparse = objective(counts, users, own)
    found = []
    before = torch.get_num_threads()
    try:
        for threads in (1, 2, 5):
            torch.set_num_threads(threads)
            songs = np.tile(np.arange(SONGS), 4)
            y = torch.from_numpy(own[songs]).requires_grad_()
            errors = sparse.errors(y, *sparse.known(songs))
            errors.sum().backward()
            found.append((errors.detach(), y.grad))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for pair in found for one, other in zip(pair, found[0], strict=True))


# How much a song weighs


def test_a_songs_total_weight_is_over_all_users():
    counts, _, _ = world()
    confidences = confidence_matrix(table(counts), USERS, SONGS, ALPHA, EPSILON).T.tocsr()
    assert total_weights(confidences) == pytest.approx(dense_confidences(counts).sum(axis=0), rel=1e-6)


def test_without_tempering_every_weight_is_one():
    counts, users, own = world()
    assert objective(counts, users, own).weights.tolist() == [1.0] * SONGS


def test_with_full_tempering_every_song_weighs_the_same_in_the_sum():
    counts, users, own = world()
    dense = dense_confidences(counts)
    sparse = objective(counts, users, own, temper=1.0)
    totals = sparse.weights.numpy() * dense.sum(axis=0)
    assert totals == pytest.approx(np.full(SONGS, totals[0]), rel=1e-5)
    assert dense.sum(axis=0).max() > 2 * dense.sum(axis=0).min()  # before they did not
    assert sparse.weights[TRAINING].mean() == pytest.approx(1, rel=1e-6)
    errors = sparse.errors(torch.from_numpy(own), *sparse.known(np.arange(SONGS)))
    expected = dense_errors(counts, users, torch.from_numpy(own)).numpy() / dense.sum(axis=0)
    assert errors.numpy() / expected == pytest.approx(np.full(SONGS, totals[0]), rel=1e-4)


@given(st.lists(st.floats(1, 1e7), min_size=3, max_size=20), st.floats(0, 1))
def test_tempering_is_between_the_two_and_keeps_the_mean(totals, temper):
    totals, training = np.array(totals), np.arange(2)
    weights = tempered_weights(totals, temper, training)
    assert weights[training].mean() == pytest.approx(1)
    assert weights / weights[0] == pytest.approx((totals[0] / totals) ** temper)
    order = np.argsort(totals)
    assert np.all(np.diff((weights * totals)[order]) >= -1e-9 * (weights * totals).max())  # the popular weigh no less


# The direction of popularity


def whitened(counts, users, own):
    return weighted_objective(table(counts), users, own, TRAINING, ALPHA, EPSILON, 0.0, whiten_popularity=True)


def popular_world():
    """A world in which all users score a popular song high: the third factor is the same for all."""
    counts, users, own = world()
    users[:, 2] = 5
    return counts, users, own


def test_whitened_it_is_the_dense_error_with_known_popularity_plus_that_of_popularity():
    counts, users, own = popular_world()
    direction, weight = popularity_direction(users.T.astype(np.float64) @ users)
    assert abs(direction[2]) > 0.99
    predicted = np.random.default_rng(1).standard_normal(own.shape).astype(np.float32)
    beside = (predicted - own) @ direction
    flat = predicted - beside[:, None] * direction
    wanted = dense_errors(counts, users, torch.tensor(flat)).numpy() + weight * beside**2
    sparse = whitened(counts, users, own)
    found = sparse.errors(torch.from_numpy(predicted), *sparse.known(np.arange(SONGS)))
    assert found.numpy() == pytest.approx(wanted, rel=1e-4)


def test_popularity_weighs_as_another_direction_and_is_tied_to_none():
    counts, users, own = popular_world()
    direction, weight = popularity_direction(users.T.astype(np.float64) @ users)
    for kind, tied in ((whitened(counts, users, own), False), (objective(counts, users, own), True)):
        known = kind.known(np.array([7]))
        curvature = torch.autograd.functional.hessian(
            lambda y, kind=kind, known=known: kind.errors(y[None], *known).sum(), torch.from_numpy(own[7])
        ).numpy()
        along = curvature @ direction
        across = along - (along @ direction) * direction
        assert (along @ direction > 4 * weight) == tied
        assert (np.abs(across).max() > 0.1) == tied
        if not tied:
            assert along @ direction == pytest.approx(2 * weight, rel=1e-4)


# The scale of the learning curve


def shown(objective, factors, songs, mean):
    reference = objective.reference(songs, mean)
    errors = objective.errors(torch.from_numpy(factors[songs]), *objective.known(songs))
    return (float(errors.double().mean()) - reference.origin) / reference.unit


@pytest.mark.parametrize("temper", [0.0, 0.5, 1.0])
def test_one_is_the_mean_and_zero_the_songs_own_factors(temper):
    counts, users, _ = world()
    confidences = dense_confidences(counts)
    own = np.zeros((SONGS, FACTORS), dtype=np.float32)
    for song in range(SONGS):
        weighted = users * confidences[:, song : song + 1]
        own[song] = np.linalg.solve(users.T @ weighted + 0.1 * np.eye(FACTORS), weighted.T @ (counts[:, song] > 0))
    mean = own[TRAINING].mean(axis=0)
    for kind in (SquaredError(own), objective(counts, users, own, temper)):
        for songs in (TRAINING, np.arange(8, SONGS)):
            assert shown(kind, own, songs, mean) == pytest.approx(0, abs=1e-4)
            assert shown(kind, np.tile(mean, (SONGS, 1)), songs, mean) == pytest.approx(1, abs=1e-4)


def test_songs_whose_own_factors_are_no_better_than_the_mean_keep_a_positive_scale():
    counts, users, own = world()
    far = own * 100
    sparse = objective(counts, users, far)
    mean = np.zeros(FACTORS, dtype=np.float32)
    reference = sparse.reference(TRAINING, mean)
    played = dense_errors(counts, users, torch.zeros(SONGS, FACTORS))[TRAINING].mean()
    assert reference.origin == 0
    assert reference.unit == pytest.approx(float(played), rel=1e-5)


def test_the_order_of_the_plays_changes_nothing():
    counts, users, own = world()
    plays = table(counts)
    one, other = (
        weighted_objective(rows, users, own, TRAINING, ALPHA, EPSILON, 1.0)
        for rows in (plays, plays.sample(fraction=1, shuffle=True, seed=1))
    )
    songs = np.array([3, 0, 3])
    assert all(torch.equal(a, b) for a, b in zip(one.known(songs), other.known(songs), strict=True))


# Unit-norm targets


def test_unit_rows_have_norm_one_but_for_zeros():
    factors = np.array([[3, 4], [0, 0], [0, -1e-3]], dtype=np.float32)
    found = unit_rows(factors)
    assert found == pytest.approx(np.array([[0.6, 0.8], [0, 0], [0, -1]]))
    assert found.dtype == np.float32


def test_a_batch_without_a_play():
    counts, users, own = world()
    sparse = objective(counts, users, own)
    y = torch.from_numpy(own[[2, 2]]).requires_grad_()
    errors = sparse.errors(y, *sparse.known(np.array([2, 2])))
    assert errors.detach().numpy() == pytest.approx(np.square(users @ own[2]).sum().repeat(2), rel=1e-5)
    errors.sum().backward()
    assert isinstance(sparse, WeightedPredictionError)
