"""Weighted matrix factorisation with Spark, for plays that do not fit one machine's memory.

It does what `coldwave.wmf.als` does with implicit, with two differences. Nothing here holds all plays: Spark reads them
itself, and the rest reads them in blocks. And Spark's ALS weights the squared norm of each vector by the user's or
song's number of plays (ALS-WR). ``regularization`` (lambda) is converted so that the total stays that of eq. 3:

    lambda (sum of n_u / mean n_u * |x_u|^2 + sum of n_i / mean n_i * |y_i|^2)

with n_u and n_i the plays of a user and of a song among those fitted. If all users have equally many plays, and all
songs, that is eq. 3 itself; otherwise users and songs with few plays are regularised less, and those with many more.
Spark has one regParam for both sides: lambda / sqrt(mean n_u * mean n_i) gives the same scores. The factors are then
scaled against each other, which changes no score, so that the norms have the weights above.
"""

import logging
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sparse

from coldwave.errors import InputError
from coldwave.wmf.confidence import confidence, confidence_matrix
from coldwave.wmf.folding import fold_in
from coldwave.wmf.objective import OBJECTIVE_SCHEMA, of_all_pairs, of_played_pairs, refuse_vanished
from coldwave.wmf.spark.als import fit
from coldwave.wmf.spark.play_blocks import play_blocks, play_counts, plays_by_songs

log = logging.getLogger(__name__)


def factorise_songs(
    spark: Any,
    plays: Path,
    fitted: np.ndarray,
    users: int,
    factors: int,
    alpha: float,
    epsilon: float,
    regularization: float,
    iterations: int,
    blocks: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray, pl.DataFrame]:
    """Factorise the plays of some songs, then fold in the other songs with the user factors frozen.

    Parameters
    ----------
    spark : a ``pyspark.sql.SparkSession``
    plays : Parquet table ``user``, ``song``, ``count``, each pair once
    fitted : bool [songs], the songs that the user factors see: the training songs, or all in the transductive protocol
    blocks : parts that Spark deals users and songs into

    Returns
    -------
    user factors float32 [users, factors], song factors float32 [songs, factors], zeros for those without plays; and a
    table of one row: eq. 3 over the fitted songs after the last iteration (not what Spark minimises, so that engines
    can be compared), and the seconds of all iterations, as Spark reports neither for each

    Raises
    ------
    InputError
        No fitted song has plays, or the regularisation is so strong that all factors go to zero.
    """
    of_users, of_songs = play_counts(plays, fitted, users)
    pairs = int(of_songs[fitted].sum())
    if not pairs:
        raise InputError(f"{plays}: no training song has a play: check the sizes of the split")
    mean_of_users = pairs / np.count_nonzero(of_users)
    mean_of_songs = pairs / np.count_nonzero(of_songs[fitted])
    penalty = regularization / float(np.sqrt(mean_of_users * mean_of_songs))
    log.info("%s played pairs; regParam is %.3g", f"{pairs:,}", penalty)
    begin = time.monotonic()
    user_factors, song_factors = fit(
        spark, plays, fitted, users, factors, alpha, epsilon, penalty, iterations, blocks, seed
    )
    seconds = time.monotonic() - begin
    scale = np.float32((mean_of_users / mean_of_songs) ** 0.25)
    user_factors *= scale
    song_factors /= scale
    refuse_vanished(user_factors, song_factors, regularization, pairs)

    value = of_all_pairs(user_factors, song_factors[fitted], regularization)
    for block in play_blocks(plays):
        block = block.filter(fitted[block["song"].to_numpy()])
        pairs_of_block = confidence_matrix(block, users, len(fitted), alpha, epsilon)
        value += of_played_pairs(pairs_of_block, user_factors, song_factors)
    log.info("%d iterations in %.1f s: objective %.6g", iterations, seconds, value)

    for songs, block in plays_by_songs(plays, np.flatnonzero(~fitted), of_songs):
        columns = np.searchsorted(songs, block["song"].to_numpy())
        weights = confidence(block["count"].to_numpy(), alpha, epsilon)
        matrix = sparse.csc_matrix((weights, (block["user"].to_numpy(), columns)), shape=(users, len(songs)))
        # a song without plays has no penalty and no vector
        song_factors[songs] = fold_in(matrix, user_factors, regularization * of_songs[songs] / mean_of_songs)
    rows = [{"iteration": iterations, "objective": value, "seconds": seconds}]
    return user_factors, song_factors, pl.DataFrame(rows, schema=OBJECTIVE_SCHEMA)
