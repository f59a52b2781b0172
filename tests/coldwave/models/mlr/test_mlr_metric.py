"""Cutting planes and their minimum against brute force, closed forms, and scipy on a tiny problem."""

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar

from coldwave.models.mlr.metric import (
    Plane,
    Queries,
    factor,
    learn_metrics,
    minimise_over_planes,
    most_violated_plane,
    onto_capped_simplex,
    positive_part,
)
from coldwave.models.mlr.rankings import most_violated


def random_queries(rng, songs, queries=5):
    rows = rng.choice(songs, queries, replace=False)
    parts = [np.split(rng.permutation(np.delete(np.arange(songs), row)), [2 + row % 3, 8]) for row in rows]
    return Queries(rows, [part[0] for part in parts], [part[1] for part in parts])


def random_planes(rng, size, number):
    matrices, losses = rng.standard_normal((number, size, size)), rng.random(number)
    symmetric = (matrices + matrices.transpose(0, 2, 1)) / 2 + 0.3 * np.eye(size)
    return [Plane(gradient, float(loss)) for gradient, loss in zip(symmetric, losses, strict=True)]


def objective(metric, planes, strength):
    violated = max(0.0, *(plane.loss - np.sum(plane.gradient * metric) for plane in planes))
    return np.sum(metric**2) / 2 + strength * violated


# Cutting planes


@pytest.mark.parametrize("loss", ["auc", "map"])
def test_a_plane_is_the_mean_of_the_queries_feature_differences(loss):
    """psi(right) - psi(ranking) written out: outer products, pair by pair."""
    rng = np.random.default_rng(0)
    features, queries = rng.standard_normal((20, 4)), random_queries(rng, 20)
    root = rng.standard_normal((4, 4)) / 4
    metric = root @ root.T
    found = most_violated_plane(features, queries, metric, loss)
    gradient, losses = np.zeros((4, 4)), []
    for row, relevant, irrelevant in zip(*queries, strict=True):
        phi = {k: -np.outer(features[row] - features[k], features[row] - features[k]) for k in range(20)}
        near, far = (np.array([np.sum(phi[k] * metric) for k in songs]) for songs in (relevant, irrelevant))
        ranking = most_violated(near, far, loss)
        losses.append(ranking.loss)
        order = np.argsort(-near, kind="stable"), np.argsort(-far, kind="stable")
        for i in range(len(relevant)):
            # the irrelevant candidates above are those with the highest scores
            for j in order[1][: ranking.above[i]]:
                gradient += 2 * (phi[relevant[i]] - phi[irrelevant[j]]) / (len(relevant) * len(irrelevant))
    assert found.loss == pytest.approx(np.mean(losses))
    assert found.gradient == pytest.approx(gradient / len(queries.rows), abs=1e-12)


@pytest.mark.parametrize("loss", ["auc", "map"])
def test_a_plane_is_below_the_risk_everywhere_and_touches_it_where_it_was_made(loss):
    rng = np.random.default_rng(1)
    features, queries = rng.standard_normal((20, 3)), random_queries(rng, 20)
    metrics = [root @ root.T for root in rng.standard_normal((6, 3, 3)) / 3]
    planes = [most_violated_plane(features, queries, metric, loss) for metric in metrics]
    values = np.array([[plane.loss - np.sum(plane.gradient * metric) for plane in planes] for metric in metrics])
    assert (values <= np.diag(values)[:, None] + 1e-12).all()


# The minimum over known planes


@pytest.mark.parametrize("strength", [0.01, 0.3, 100.0])
def test_one_plane_has_a_closed_form(strength):
    """W = m G+ with m = min(C, loss / |G+|^2), G+ the positive part of G."""
    (plane,) = random_planes(np.random.default_rng(2), 4, 1)
    values, vectors = np.linalg.eigh(plane.gradient)
    positive = (vectors * np.maximum(values, 0)) @ vectors.T
    expected = min(strength, plane.loss / np.sum(positive**2)) * positive
    found = minimise_over_planes([plane], strength, 1e-10, np.zeros(1))
    assert found.metric == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("strength", [0.1, 1.0, 10.0])
def test_in_one_dimension_the_metric_is_the_best_number(strength):
    rng = np.random.default_rng(3)
    planes = [Plane(np.array([[rng.normal()]]), float(rng.random())) for _ in range(6)]
    best = minimize_scalar(
        lambda number: objective(np.array([[number]]), planes, strength),
        bounds=(0, 10),
        method="bounded",
        options={"xatol": 1e-10},
    )
    found = minimise_over_planes(planes, strength, 1e-10, np.zeros(6))
    assert found.metric.item() == pytest.approx(best.x, abs=1e-4)


@pytest.mark.parametrize("strength", [0.2, 2.0, 20.0])
def test_the_minimum_is_that_of_a_general_solver(strength):
    """Two dimensions: a, b, c of W and the slack, with the planes and the determinant as constraints."""
    planes = random_planes(np.random.default_rng(4), 2, 4)

    def metric(x):
        return np.array([[x[0], x[1]], [x[1], x[2]]])

    constraints = [{"type": "ineq", "fun": lambda x: x[0] * x[2] - x[1] ** 2}]
    for plane in planes:
        constraints.append({"type": "ineq", "fun": lambda x, p=plane: np.sum(p.gradient * metric(x)) - p.loss + x[3]})
    other = minimize(
        lambda x: np.sum(metric(x) ** 2) / 2 + strength * x[3],
        [1, 0, 1, 1],
        constraints=constraints,
        bounds=[(0, None), (None, None), (0, None), (0, None)],
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert other.success
    found = minimise_over_planes(planes, strength, 1e-8, np.zeros(4), rounds=20000)
    assert found.gap <= 1e-8
    assert objective(found.metric, planes, strength) == pytest.approx(other.fun, abs=1e-5)
    assert found.metric == pytest.approx(metric(other.x), abs=1e-3)


def test_the_gap_is_no_less_than_the_distance_to_the_minimum():
    rng = np.random.default_rng(5)
    planes = random_planes(rng, 5, 8)
    exact = minimise_over_planes(planes, 3.0, 1e-9, np.zeros(8), rounds=50000)
    for rounds in (1, 5, 20):
        rough = minimise_over_planes(planes, 3.0, 1e-9, rng.random(8), rounds=rounds)
        excess = objective(rough.metric, planes, 3.0) - objective(exact.metric, planes, 3.0)
        assert -1e-8 <= excess <= rough.gap + 1e-8


@hypothesis.settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6), st.floats(0.1, 4))
def test_the_nearest_multipliers_are_feasible_and_no_direction_leads_nearer(point, cap):
    point = np.array(point)
    found = onto_capped_simplex(point, cap)
    assert found.min() >= 0
    assert found.sum() <= cap + 1e-9
    corners = np.vstack((np.zeros(len(point)), cap * np.eye(len(point))))
    assert ((corners - found) @ (point - found)).max() <= 1e-7


def test_the_positive_part_drops_the_negative_eigenvalues():
    vectors = np.linalg.qr(np.random.default_rng(6).standard_normal((4, 4)))[0]
    matrix = (vectors * [3, -1, 0.5, -2]) @ vectors.T
    assert positive_part(matrix) == pytest.approx((vectors * [3, 0, 0.5, 0]) @ vectors.T)


def test_a_factor_has_the_rank_of_its_metric():
    root = np.random.default_rng(7).standard_normal((5, 2))
    assert factor(root @ root.T).shape == (5, 2)
    assert factor(root @ root.T) @ factor(root @ root.T).T == pytest.approx(root @ root.T)
    assert factor(np.zeros((5, 5))).tolist() == np.zeros((5, 1)).tolist()


# The whole method


def toy(rng, songs):
    """Two kinds of songs, told apart by the first feature alone; the second is loud noise."""
    kinds = np.arange(songs) % 2
    features = rng.standard_normal((songs, 3)) * [0.5, 8, 0.5]
    features[:, 0] += 2 * kinds
    same = [np.flatnonzero((kinds == kind) & (np.arange(songs) != song)) for song, kind in enumerate(kinds)]
    return features, Queries(np.arange(songs), same, [np.flatnonzero(kinds != kind) for kind in kinds])


def query_auc(features, queries, metric):
    shares = []
    for row, relevant, irrelevant in zip(*queries, strict=True):
        distances = np.einsum("nd,de,ne->n", features - features[row], metric, features - features[row])
        shares.append(np.mean(distances[relevant][:, None] < distances[irrelevant][None]))
    return np.mean(shares)


@pytest.mark.parametrize("loss", ["auc", "map"])
def test_it_learns_to_overlook_a_loud_dimension(loss):
    features, queries = toy(np.random.default_rng(8), 60)
    steps = list(learn_metrics(features, queries, [0.01, 1.0], loss, 0.01, 100))
    held_out, questions = toy(np.random.default_rng(9), 60)
    euclidean = query_auc(held_out, questions, np.eye(3))
    assert euclidean < 0.6
    for step in steps:
        if step.last:
            assert query_auc(held_out, questions, step.metric) > 0.9
            assert step.metric[1, 1] < 0.01 * step.metric[0, 0]


@pytest.mark.parametrize("loss", ["auc", "map"])
def test_it_ends_at_the_minimum_of_the_whole_objective(loss):
    features, queries = toy(np.random.default_rng(10), 30)
    features[:, 1] /= 8

    def whole(metric, strength):
        plane = most_violated_plane(features, queries, metric, loss)
        return np.sum(metric**2) / 2 + strength * (plane.loss - np.sum(plane.gradient * metric))

    rng = np.random.default_rng(11)
    tolerance = 0.01
    for step in learn_metrics(features, queries, [0.1, 2.0], loss, tolerance, 200):
        assert np.array_equal(step.metric, step.metric.T)
        assert np.linalg.eigvalsh(step.metric)[0] >= -1e-10
        assert step.slack <= step.risk + 1e-9
        if not step.last:
            continue
        assert step.risk - step.slack <= tolerance
        reached = whole(step.metric, step.strength)
        for size in (0.01, 0.1, 1.0):
            for _ in range(10):
                other = positive_part(step.metric + size * np.diag(rng.standard_normal(3)))
                assert whole(other, step.strength) >= reached - 1.1 * tolerance * step.strength


def test_strengths_are_taken_in_their_order_and_steps_are_counted():
    features, queries = toy(np.random.default_rng(12), 20)
    steps = list(learn_metrics(features, queries, [1.0, 0.01], "auc", 1e-6, 3))
    assert list(dict.fromkeys(step.strength for step in steps)) == [1.0, 0.01]
    assert [step.strength for step in steps if step.last] == [1.0, 0.01]
    assert all(step.iteration <= 3 for step in steps)
    assert not steps[0].metric.any()
