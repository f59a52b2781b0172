"""Weighted matrix factorisation of play counts (section 3 of the paper), and the folding-in of new songs.

Minimises, over all users u and training songs i,

    sum of c_ui (p_ui - x_u . y_i)^2 + regularization (sum of |x_u|^2 + sum of |y_i|^2)        (eq. 3)

with p_ui = 1 where u played i and 0 elsewhere, c_ui = 1 + alpha log(1 + r_ui / epsilon) (eqs. 1 and 2) where u played
i, and elsewhere ``unplayed_weight``, which is 1 in the paper. No array of users × songs is ever made.
"""

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sparse
from threadpoolctl import threadpool_limits

from coldwave.wmf.alternation import alternate
from coldwave.wmf.confidence import confidence_matrix
from coldwave.wmf.folding import fold_in
from coldwave.wmf.objective import OBJECTIVE_SCHEMA, objective, refuse_vanished
from coldwave.wmf.penalties import mean_frequency, of_both_sides, penalties

log = logging.getLogger(__name__)

Report = Callable[[int, float, float], None]


class _Settled(Exception):
    """The objective falls no more: it ends implicit's loop, which knows no other way."""


def factorise(
    confidences: sparse.csr_matrix,
    factors: int,
    regularization: float,
    iterations: int,
    solver: str = "cg",
    seed: int = 1,
    threads: int = 1,
    dtype: type = np.float32,
    report: Report | None = None,
    unplayed_weight: float = 1.0,
    frequency_scaling: float = 0.0,
    tolerance: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit user and song factors by alternating least squares.

    Parameters
    ----------
    confidences : float32 CSR [users, songs], with nothing stored where a user did not play a song
    iterations : the most; ``tolerance`` : it stops after the first one that lowers the objective by a smaller share
    solver : "cg" (three conjugate-gradient steps, about 1 % off) or "exact"
    report : called after each iteration with its number from 1, the objective and its seconds
    unplayed_weight : of pairs that were not played
    frequency_scaling : exponent with which users and songs of many plays are regularised more (``penalties``); above
        0 it is always solved exactly

    Returns
    -------
    ``dtype`` [users, factors] and [songs, factors]; songs were solved last, so with the exact solver they are the
    minimum for the user factors returned
    """
    before = np.inf
    own = of_both_sides(confidences, regularization, unplayed_weight, frequency_scaling)
    penalty = own if frequency_scaling else regularization

    def after_iteration(iteration: int, seconds: float, users: np.ndarray, songs: np.ndarray) -> bool:
        nonlocal before
        if not (report or tolerance):
            return False
        value = objective(confidences, users, songs, penalty, unplayed_weight, threads)
        if report:
            report(iteration + 1, value, seconds)
        settled = before - value < tolerance * abs(before)
        before = value
        return bool(tolerance) and settled

    if frequency_scaling:
        with threadpool_limits(limits=1, user_api="blas"):
            return alternate(
                confidences, *own, unplayed_weight, factors, iterations, seed, threads, dtype, after_iteration
            )
    return _implicit(
        confidences, factors, regularization, iterations, solver, seed, threads, dtype, unplayed_weight,
        after_iteration,
    )  # fmt: skip


def factorise_plays(
    plays: pl.DataFrame, users: int, songs: int, alpha: float, epsilon: float, **settings: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Factorise a table ``user``, ``song``, ``count``; ``settings`` and what is returned are those of `factorise`."""
    return factorise(confidence_matrix(plays, users, songs, alpha, epsilon), **settings)


def _implicit(
    confidences: sparse.csr_matrix,
    factors: int,
    regularization: float,
    iterations: int,
    solver: str,
    seed: int,
    threads: int,
    dtype: type,
    unplayed_weight: float,
    after_iteration: Callable[[int, float, np.ndarray, np.ndarray], bool],
) -> tuple[np.ndarray, np.ndarray]:
    """Fit with implicit, which gives unplayed pairs the weight 1: the objective is divided by the weight they have."""
    from implicit.cpu.als import AlternatingLeastSquares

    def after(iteration: int, seconds: float, _loss: float | None) -> None:
        if after_iteration(iteration, seconds, model.user_factors, model.item_factors):
            raise _Settled

    weighted = confidences if unplayed_weight == 1 else confidences * np.float32(1 / unplayed_weight)
    # implicit runs threads of its own, and BLAS threads below them slow it down. Only libraries that are loaded can be
    # limited, so this comes after the import, which brings SciPy's BLAS.
    with threadpool_limits(limits=1, user_api="blas"), contextlib.suppress(_Settled):
        model = AlternatingLeastSquares(
            factors=factors,
            regularization=regularization / unplayed_weight,
            alpha=1.0,  # a stored value is the confidence itself
            dtype=dtype,
            use_cg=solver == "cg",
            iterations=iterations,
            num_threads=threads,
            random_state=seed,
        )
        model.fit(weighted, show_progress=False, callback=after)
    return model.user_factors, model.item_factors


def factorise_songs(
    plays: pl.DataFrame,
    fitted: np.ndarray,
    users: int,
    factors: int,
    alpha: float,
    epsilon: float,
    regularization: float,
    iterations: int,
    solver: str,
    seed: int,
    threads: int,
    unplayed_weight: float = 1.0,
    frequency_scaling: float = 0.0,
    tolerance: float = 0.0,
) -> tuple[np.ndarray, np.ndarray, pl.DataFrame]:
    """Factorise the plays of some songs, then fold in the other songs with the user factors frozen.

    Parameters
    ----------
    plays : table ``user``, ``song``, ``count``
    fitted : bool [songs], the songs that the user factors see: the training songs, or all in the transductive protocol

    Returns
    -------
    user factors float32 [users, factors], song factors float32 [songs, factors], and the objective of each
    iteration (over the fitted songs) as a table

    Raises
    ------
    InputError
        The regularisation is so strong that all factors go to zero.
    """
    matrix = confidence_matrix(plays, users, len(fitted), alpha, epsilon)
    rows: list[dict] = []

    def report(iteration: int, value: float, seconds: float) -> None:
        rows.append({"iteration": iteration, "objective": value, "seconds": seconds})
        log.info("iteration %d of at most %d: objective %.6g, %.2f s", iteration, iterations, value, seconds)

    begin = time.monotonic()
    confidences, others = matrix[:, fitted], matrix[:, ~fitted].tocsc()
    user_factors, fitted_songs = factorise(
        confidences, factors, regularization, iterations, solver, seed, threads, report=report,
        unplayed_weight=unplayed_weight, frequency_scaling=frequency_scaling, tolerance=tolerance,
    )  # fmt: skip
    refuse_vanished(user_factors, fitted_songs, regularization, confidences.nnz)
    song_factors = np.zeros((len(fitted), factors), dtype=np.float32)
    song_factors[fitted] = fitted_songs
    mean = mean_frequency(np.bincount(confidences.indices, minlength=confidences.shape[1]), users, unplayed_weight)
    own = penalties(np.diff(others.indptr), users, mean, regularization, unplayed_weight, frequency_scaling)
    song_factors[~fitted] = fold_in(others, user_factors, own, unplayed_weight, threads)
    if tolerance and len(rows) == iterations:
        log.warning(
            "the factorisation was stopped by wmf.iterations (%d), not by wmf.tolerance (%g): raise wmf.iterations",
            iterations,
            tolerance,
        )
    log.info("%s users and %s songs in %.1f s", f"{users:,}", f"{len(fitted):,}", time.monotonic() - begin)
    return user_factors, song_factors, pl.DataFrame(rows, schema=OBJECTIVE_SCHEMA)
