"""The weights of a blend's parts, learnt from pairs of a song played and one not played.

They minimise the logistic loss of the weighted margins, a mean over users of means over each user's pairs, which is
convex. Pairs share users and songs, so they tell less than their number says. How much less follows from how the loss's
gradient differs from user to user and from song to song: a loss of n independent pairs would make the gradient's
covariance H / n, where H is the Hessian. The n that fits is the number of pairs that the loss is worth (the magnitude
adjustment of composite likelihoods: Ribatet, Cooley and Davison 2012).

Before anything is known, weights are equal, give or take what weights that are drawn evenly from all that sum to one
differ from it. What is learnt is the most likely given both: with few songs equal weights, with many those of the loss.
"""

import logging
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from coldwave.models.blend.pairs import Pairs

log = logging.getLogger(__name__)

STEEPEST = 50.0  # that the loss may make of margins, which are in standard deviations: few pairs may all be right


class Weights(NamedTuple):
    """``values`` float64 [parts], not below 0, that sum to one; ``errors`` float64 [parts], their standard errors;
    ``worth``, the number of independent pairs that the pairs are worth."""

    values: np.ndarray
    errors: np.ndarray
    worth: float


def equal_weights(parts: int) -> Weights:
    """Weigh all parts the same, as uncertain as they are before anything is known."""
    return Weights(np.full(parts, 1 / parts), np.full(parts, np.sqrt(_prior(parts) * (1 - 1 / parts))), 0.0)


def learn_weights(pairs: Pairs, margins: np.ndarray) -> Weights:
    """Learn weights; equal ones without a pair, or if the equal blend ranks the pairs no better than chance.

    Parameters
    ----------
    margins : float64 [pairs, parts] (``coldwave.models.blend.pairs.margins``)
    """
    parts = margins.shape[1]
    if not len(margins):
        log.warning("no user has played one validation song and not another: weights are equal")
        return equal_weights(parts)
    shares = user_shares(pairs.user)
    steepness = _minimum(margins.mean(axis=1, keepdims=True), shares, np.zeros((1, 1)), np.ones(1))[0]
    if steepness <= 0 or not margins.any():
        log.warning("the parts together rank validation songs no better than chance: weights are equal")
        return equal_weights(parts)
    start, apart = np.full(parts, steepness / parts), np.eye(parts) - 1 / parts
    worth = _worth(pairs, margins, shares, start)
    penalty = apart / (worth * steepness**2 * _prior(parts))
    found = _minimum(margins, shares, penalty, start)
    curvature = apart @ _hessian(margins, shares, found) @ apart + penalty
    errors = np.sqrt(np.diag(np.linalg.pinv(worth * curvature, hermitian=True)))
    return Weights(found / found.sum(), errors / found.sum(), worth)


def user_shares(user: np.ndarray) -> np.ndarray:
    """Weigh pairs so that each user counts the same, and all sum to one: float64 [pairs]."""
    _, place, counts = np.unique(user, return_inverse=True, return_counts=True)
    return 1 / (counts[place] * len(counts))


def loss(margins: np.ndarray, shares: np.ndarray, values: np.ndarray) -> float:
    """Compute the mean logistic loss of pairs, log(1 + exp(-margin)), where ``values`` float64 [parts] weigh parts."""
    return float(shares @ np.logaddexp(0, -_weighted(margins, values)))


def _prior(parts: int) -> float:
    """The variance, along any direction in which they differ, of weights drawn evenly from all that sum to one."""
    return 1 / (parts * (parts + 1))


def _weighted(margins: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.einsum("ij,j->i", margins, values)  # not by BLAS, whose sums depend on the threads


def _slopes(margins: np.ndarray, shares: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The gradient of the loss, pair by pair: float64 [pairs, parts]."""
    return -(shares * expit(-_weighted(margins, values)))[:, None] * margins


def _hessian(margins: np.ndarray, shares: np.ndarray, values: np.ndarray) -> np.ndarray:
    right = expit(_weighted(margins, values))
    return np.einsum("i,ij,ik->jk", shares * right * (1 - right), margins, margins)


def _minimum(margins: np.ndarray, shares: np.ndarray, penalty: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Minimise the loss and half of v' penalty v, over v that are not below 0."""

    def objective(values: np.ndarray) -> tuple[float, np.ndarray]:
        pull = penalty @ values
        return loss(margins, shares, values) + values @ pull / 2, _slopes(margins, shares, values).sum(axis=0) + pull

    bounds = [(0, STEEPEST)] * len(start)
    return minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds,
                    options={"ftol": 1e-12, "gtol": 1e-9}).x  # fmt: skip


def _worth(pairs: Pairs, margins: np.ndarray, shares: np.ndarray, values: np.ndarray) -> float:
    """Compute how many independent pairs the pairs are worth, for telling the parts' weights apart."""
    slopes, covariance = _slopes(margins, shares, values), 0.0
    total = slopes.sum(axis=0)
    for sides in ([pairs.user], [pairs.played, pairs.unplayed]):
        own = sum(np.stack([np.bincount(side, slope, max(map(np.max, sides)) + 1) for slope in slopes.T])
                  for side in sides)  # fmt: skip
        number = len(np.unique(np.concatenate(sides)))
        covariance = covariance + own @ own.T - np.outer(total, total) * len(sides) ** 2 / number
    parts = len(values)
    apart = np.linalg.svd(np.eye(parts) - 1 / parts)[0][:, :-1]  # directions in which weights differ
    curvature = apart.T @ _hessian(margins, shares, values) @ apart
    spread = np.trace(np.linalg.pinv(curvature, hermitian=True) @ apart.T @ covariance @ apart)
    return float(min(np.linalg.matrix_rank(curvature, hermitian=True) / max(spread, 1e-300), len(margins)))
