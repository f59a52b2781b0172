"""Weighted matrix factorisation of play counts (section 3 of the paper), and the folding-in of new songs.

Minimises, over all users u and training songs i,

    sum of c_ui (p_ui - x_u . y_i)^2 + regularization (sum of |x_u|^2 + sum of |y_i|^2)        (eq. 3)

with p_ui = 1 where u played i and 0 elsewhere, c_ui = 1 + alpha log(1 + r_ui / epsilon) (eqs. 1 and 2), so c is
1 where nothing was played. No array of users × songs is ever made.
"""

import logging
import time
from collections.abc import Callable

import numpy as np
import polars as pl
import scipy.sparse as sparse

from coldwave.wmf.confidence import confidence_matrix
from coldwave.wmf.folding import fold_in
from coldwave.wmf.objective import OBJECTIVE_SCHEMA, objective, refuse_vanished

log = logging.getLogger(__name__)


def factorise(
    confidences: sparse.csr_matrix,
    factors: int,
    regularization: float,
    iterations: int,
    solver: str = "cg",
    seed: int = 1,
    threads: int = 1,
    dtype: type = np.float32,
    report: Callable[[int, float, float], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit user and song factors by alternating least squares.

    Parameters
    ----------
    confidences : float32 CSR [users, songs], with nothing stored where a user did not play a song
    solver : "cg" (three conjugate-gradient steps, about 1 % off) or "exact"
    report : called after each iteration with its number from 1, the objective and its seconds

    Returns
    -------
    ``dtype`` [users, factors] and [songs, factors]; songs were solved last, so with the exact solver they are the
    minimum for the user factors returned
    """
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    def after_iteration(iteration: int, seconds: float, _loss: float | None) -> None:
        if report:
            value = objective(confidences, model.user_factors, model.item_factors, regularization)
            report(iteration + 1, value, seconds)

    # implicit runs threads of its own, and BLAS threads below them slow it down
    with threadpool_limits(limits=1, user_api="blas"):
        model = AlternatingLeastSquares(
            factors=factors,
            regularization=regularization,
            alpha=1.0,  # a stored value is the confidence itself
            dtype=dtype,
            use_cg=solver == "cg",
            iterations=iterations,
            num_threads=threads,
            random_state=seed,
        )
        model.fit(confidences, show_progress=False, callback=after_iteration)
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
    matrix = confidence_matrix(plays, users, len(fitted), alpha, epsilon).tocsc()
    rows: list[dict] = []

    def report(iteration: int, value: float, seconds: float) -> None:
        rows.append({"iteration": iteration, "objective": value, "seconds": seconds})
        log.info("iteration %d of %d: objective %.6g, %.2f s", iteration, iterations, value, seconds)

    begin = time.monotonic()
    confidences = matrix[:, fitted].tocsr()
    user_factors, fitted_songs = factorise(
        confidences, factors, regularization, iterations, solver, seed, threads, report=report
    )
    refuse_vanished(user_factors, fitted_songs, regularization, confidences.nnz)
    song_factors = np.zeros((len(fitted), factors), dtype=np.float32)
    song_factors[fitted] = fitted_songs
    song_factors[~fitted] = fold_in(matrix[:, ~fitted], user_factors, regularization)
    log.info("%s users and %s songs in %.1f s", f"{users:,}", f"{len(fitted):,}", time.monotonic() - begin)
    return user_factors, song_factors, pl.DataFrame(rows, schema=OBJECTIVE_SCHEMA)
