"""Metric learning to rank (McFee and Lanckriet 2010): a structural SVM over rankings, by 1-slack cutting planes.

Candidates k of a query q are ranked by s_k = -(q - k)' W (q - k). The problem is

    min over W positive semidefinite of 1/2 |W|^2 + C R(W)

where |W| is the Frobenius norm, and R(W) is the mean over queries of how far the most violated ranking of each is above
the right one, loss(y) + <W, psi(y) - psi(right)> at least 0. R is convex and the maximum of linear functions
loss_t - <W, G_t> (cutting planes), one for each choice of a ranking for every query. Few of them are needed: minimise
over the known planes, add the plane most violated there, and stop when it is no more than a tolerance above.

McFee and Lanckriet penalise the trace of W instead of 1/2 |W|^2. The square makes W unique and the dual problem smooth,
so that the distance of a solution from the optimum is known.
"""

import logging
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import scipy.linalg
import scipy.sparse as sparse

from coldwave.models.mlr.rankings import most_violated

log = logging.getLogger(__name__)

INNER = 0.1  # duality gap of the problem over known planes, as a share of the tolerance of the whole


class Queries(NamedTuple):
    """Songs as queries: each query's own row, and the rows of its relevant and irrelevant candidates, never empty."""

    rows: np.ndarray
    relevant: list[np.ndarray]
    irrelevant: list[np.ndarray]


class Plane(NamedTuple):
    """A cutting plane: R(W) is at least loss - <W, gradient>; gradient float64 [d, d], symmetric."""

    gradient: np.ndarray
    loss: float


class Solution(NamedTuple):
    """A minimum over known cutting planes: its W [d, d], their largest value and their multipliers [planes]."""

    metric: np.ndarray
    slack: float
    multipliers: np.ndarray
    gap: float


class Step(NamedTuple):
    """One step of the cutting-plane method at one strength C.

    ``slack`` is the largest value of the known planes, which are lower bounds of R(W), the ``risk``. ``last`` says
    whether the method stops here.
    """

    strength: float
    iteration: int
    metric: np.ndarray
    slack: float
    risk: float
    last: bool


def factor(metric: np.ndarray) -> np.ndarray:
    """Factor a positive semidefinite W = L L' with as few columns as it has rank, at least one: float64 [d, rank]."""
    values, vectors = scipy.linalg.eigh(metric)
    kept = values > max(values[-1], 0) * 1e-10
    kept[-1] = True
    return vectors[:, kept] * np.sqrt(np.maximum(values[kept], 0))


def most_violated_plane(features: np.ndarray, queries: Queries, metric: np.ndarray, loss: str) -> Plane:
    """Find each query's most violated ranking under W, and the cutting plane that they make.

    With G = mean over queries of psi(right) - psi(ranking), in which candidate k of query q has the weight a_qk (two
    for each pair that is the wrong way round, over R I), G = -sum of a_qk (q - k)(q - k)'. A query's weights sum to
    zero, so the products q q' cancel.

    Parameters
    ----------
    features : float64 [songs, d]; queries : rows of ``features``; metric : float64 [d, d]; loss : "auc" or "map"
    """
    projected = features @ factor(metric)
    norms = np.einsum("nk,nk->n", projected, projected)
    total, columns, weights, sizes = 0.0, [], [], []
    for row, relevant, irrelevant in zip(*queries, strict=True):
        near, far = (2 * projected[songs] @ projected[row] - norms[songs] for songs in (relevant, irrelevant))
        ranking = most_violated(near, far, loss)
        total += ranking.loss
        share = 2 / (len(relevant) * len(irrelevant) * len(queries.rows))
        columns += [relevant, irrelevant]
        weights += [share * ranking.above, -share * ranking.below]
        sizes.append(len(relevant) + len(irrelevant))
    starts = np.concatenate(([0], np.cumsum(sizes)))
    shape = (len(queries.rows), len(features))
    pairs = sparse.csr_matrix((np.concatenate(weights), np.concatenate(columns), starts), shape=shape)
    cross = features[queries.rows].T @ (pairs @ features)
    squares = features.T @ (np.asarray(pairs.sum(axis=0)).reshape(-1, 1) * features)
    gradient = cross + cross.T - squares
    return Plane((gradient + gradient.T) / 2, total / len(queries.rows))


def positive_part(matrix: np.ndarray) -> np.ndarray:
    """Project a symmetric matrix onto the positive semidefinite ones: float64 [d, d]."""
    values, vectors = scipy.linalg.eigh(matrix)
    root = vectors[:, values > 0] * np.sqrt(values[values > 0])
    return root @ root.T


def onto_capped_simplex(point: np.ndarray, cap: float) -> np.ndarray:
    """Project onto the vectors without negative entries that sum to at most ``cap``: float64, shape of ``point``."""
    clipped = np.maximum(point, 0)
    if clipped.sum() <= cap:
        return clipped
    descending = np.sort(point)[::-1]
    excess = (np.cumsum(descending) - cap) / np.arange(1, len(point) + 1)
    return np.maximum(point - excess[np.flatnonzero(descending > excess)[-1]], 0)


def minimise_over_planes(
    planes: list[Plane], strength: float, tolerance: float, start: np.ndarray, rounds: int = 2000
) -> Solution:
    """Minimise 1/2 |W|^2 + C max(0, max of loss_t - <W, G_t>) over positive semidefinite W.

    The dual maximises sum of m_t loss_t - 1/2 |W(m)|^2 with W(m) the positive part of the sum of m_t G_t, over
    multipliers m of at least 0 that sum to at most C. Its gradient is loss_t - <W(m), G_t>, and Lipschitz with the
    largest eigenvalue of the planes' Gram matrix, so accelerated projected gradient steps (with restarts) climb it.

    Parameters
    ----------
    strength : C; tolerance : largest duality gap, in units of the objective; start : float64 [planes]
    rounds : steps after which the best so far is returned, whatever its gap
    """
    gradients = np.stack([plane.gradient.ravel() for plane in planes])
    losses = np.array([plane.loss for plane in planes])
    size = planes[0].gradient.shape[0]
    steepest = max(float(scipy.linalg.eigvalsh(gradients @ gradients.T)[-1]), 1e-12)
    current = ahead = onto_capped_simplex(start, strength)
    momentum, best = 1.0, None
    for _ in range(rounds):
        metric = positive_part((ahead @ gradients).reshape(size, size))
        values = losses - gradients @ metric.ravel()
        slack, half_square = max(0.0, float(values.max())), float(np.square(metric).sum()) / 2
        gap = 2 * half_square + strength * slack - float(ahead @ losses)
        if best is None or gap < best.gap:
            best = Solution(metric, slack, ahead, gap)
        if gap <= tolerance:
            break
        following = onto_capped_simplex(ahead + values / steepest, strength)
        if (ahead - following) @ (following - current) > 0:
            momentum, ahead = 1.0, following  # the step went back: the momentum was too large
        else:
            faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            ahead = onto_capped_simplex(following + (momentum - 1) / faster * (following - current), strength)
            momentum = faster
        current = following
    return best


def learn_metrics(
    features: np.ndarray, queries: Queries, strengths: Iterable[float], loss: str, tolerance: float, iterations: int
) -> Iterator[Step]:
    """Minimise the objective at each strength, in turn; planes found at one are kept for the next.

    Parameters
    ----------
    features : float64 [songs, d]; queries : rows of ``features``; loss : "auc" or "map"
    strengths : best from the weakest; the next one is asked for after the last step of the one before
    tolerance : the method stops where R(W) is no more than this above the slack; then C times 1.1 of it bounds how
        far the objective is from its minimum (unless the log says that a step ended early)
    iterations : steps at one strength, at most
    """
    size = features.shape[1]
    planes: list[Plane] = []
    multipliers = np.zeros(0)
    for strength in strengths:
        for iteration in range(1, iterations + 1):
            metric, slack = np.zeros((size, size)), 0.0
            if planes:
                solution = minimise_over_planes(planes, strength, INNER * tolerance * strength, multipliers)
                metric, slack, multipliers = solution.metric, solution.slack, solution.multipliers
                if solution.gap > INNER * tolerance * strength:
                    log.info("strength %g: step %d ends early, with a gap of %.3g", strength, iteration, solution.gap)
            plane = most_violated_plane(features, queries, metric, loss)
            risk = plane.loss - float(np.sum(plane.gradient * metric))
            converged = risk - slack <= tolerance
            yield Step(strength, iteration, metric, slack, risk, converged or iteration == iterations)
            if converged:
                break
            planes.append(plane)
            multipliers = np.append(multipliers, 0.0)
        else:
            log.info("strength %g: stopped after %d steps, %.3g above the slack", strength, iterations, risk - slack)
