"""Fit the metric on training songs, and choose its strength on validation songs."""

import logging
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sparse
from threadpoolctl import threadpool_limits

from coldwave.evaluation.candidates import relevant_songs
from coldwave.evaluation.ranking import rank_songs
from coldwave.models.mlr.metric import factor, learn_metrics
from coldwave.models.mlr.relevance import Queries, TooFewPlays, choose_queries
from coldwave.models.mlr.vectors import embed, song_vectors, user_vectors
from coldwave.models.strengths import Strengths
from coldwave.models.training_plays import training_plays
from coldwave.split.parts import songs_with_features

log = logging.getLogger(__name__)

CURVE_SCHEMA = {
    "strength": pl.Float64,
    "iteration": pl.UInt32,
    "slack": pl.Float64,  # violation of the rankings known so far, at most the risk
    "risk": pl.Float64,  # violation of the most violated ranking of every query
    "validation_auc": pl.Float64,  # null except for the last step of each strength
    "best": pl.Boolean,
}


def fit_mlr(
    plays: pl.DataFrame,
    features: np.ndarray,
    training: np.ndarray,
    validation: np.ndarray,
    users: int,
    settings: dict[str, Any],
    seed: int,
) -> tuple[dict[str, np.ndarray], pl.DataFrame]:
    """Learn a metric at each strength, and keep the one that ranks users' validation songs highest.

    The grid of strengths widens by itself (``coldwave.models.strengths``).

    Features are centred, and scaled so that training songs are at a mean squared distance of 1. Strengths are
    compared by the AUC of the validation songs, the mean over users who have played one, with scores as in
    ``coldwave.models.mlr.vectors``: the songs that a user is described by are training songs.

    Where there are too few plays to learn or to choose from, as with one user, the metric stays Euclidean, with a
    warning, and there are no steps.

    Parameters
    ----------
    plays : table ``user``, ``song``; features : float32 [songs, d], NaN rows for songs without audio (left out)
    training, validation : bool [songs]
    settings : an ``mlr`` entry of the configuration's models

    Returns
    -------
    ``mean`` float32 [dimensions] and ``factor`` float32 [dimensions, rank], to be given to
    ``coldwave.models.mlr.vectors.embed``, and the steps at each strength, columns as in ``CURVE_SCHEMA``

    Raises
    ------
    InputError
        No training or no validation song has features.
    """
    _, held_out_songs = songs_with_features(features, training, validation)
    held_out = np.flatnonzero(held_out_songs)
    starts, relevant = relevant_songs(plays, held_out, users, len(features))
    dimensions = min(settings["dimensions"], features.shape[1])
    songs, played = training_plays(plays, features, training, users)
    inputs = features[songs, :dimensions].astype(np.float64)
    mean = inputs.mean(axis=0)
    scale = float(np.sqrt(2 * inputs.var(axis=0).sum())) or 1.0
    try:
        queries = _queries(played, np.diff(starts), len(held_out), settings, seed)
    except TooFewPlays as error:
        log.warning("%s. Till then distances are those of the features as they are", error)
        learnt = {"mean": mean.astype(np.float32), "factor": (np.eye(dimensions) / scale).astype(np.float32)}
        return learnt, pl.DataFrame(schema=CURVE_SCHEMA)
    log.info("%d queries among %d training songs, %d dimensions", len(queries.rows), len(songs), dimensions)

    grid = Strengths(settings["strengths"], steps=1)  # a further one takes many times as long as those before it
    steps = learn_metrics(
        (inputs - mean) / scale, queries, grid, settings["loss"], settings["tolerance"], settings["iterations"]
    )
    best, kept, rows = -1.0, np.zeros((dimensions, 1)), []
    with threadpool_limits(1, user_api="blas"):  # the order in which BLAS adds must not depend on the threads
        for step in steps:
            measured = None
            if step.last:
                scaled = factor(step.metric) / scale
                near = embed(features, mean, scaled)
                vectors = user_vectors(near[songs], played, settings["similarity"])
                candidates = song_vectors(near[held_out], settings["similarity"])
                measured = float(np.nanmean(rank_songs(vectors, candidates, starts, relevant, cutoff=1).auc))
                log.info(
                    "strength %g: %d steps, risk %.4f, rank %d, AUC %.5f on validation songs",
                    step.strength, step.iteration, step.risk, scaled.shape[1], measured,
                )  # fmt: skip
                grid.tell(step.strength, 1 - measured)
                if measured > best:
                    best, kept = measured, scaled
            rows.append((step.strength, step.iteration, step.slack, step.risk, measured))
    grid.warn("metric learning")
    curve = pl.DataFrame(rows, schema=list(CURVE_SCHEMA)[:-1], orient="row", infer_schema_length=None)
    curve = curve.with_columns(best=(pl.int_range(pl.len()) == pl.col("validation_auc").arg_max()))
    return {"mean": mean.astype(np.float32), "factor": kept.astype(np.float32)}, curve.cast(CURVE_SCHEMA)


def _queries(
    played: sparse.csr_matrix, relevant: np.ndarray, candidates: int, settings: dict[str, Any], seed: int
) -> Queries:
    """Draw queries, if validation songs can tell what they teach: ``relevant`` [users] of so many ``candidates``."""
    if not np.isin(relevant, (0, candidates), invert=True).any():
        raise TooFewPlays(
            f"nobody has played some but not all of the {candidates} validation songs, so there is nothing to choose "
            "by: raise split.validation, or read more plays"
        )
    return choose_queries(played, settings["queries"], settings["relevant"], settings["irrelevant"], seed)
