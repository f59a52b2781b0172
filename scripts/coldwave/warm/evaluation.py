"""Recommend songs that others have played: collaborative filtering on held-out plays of training songs.

It compares the systems of the paper's section 1: a factorisation, and the neighbours of the songs that a user has
played. Every song here has plays to learn from, which is a different question from cold start.
"""

import logging
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sparse

from coldwave.evaluation.held_out import (
    Scorer,
    hold_out_plays,
    measure,
    of_training_songs,
    play_counts,
    same_scores,
    vector_scores,
)
from coldwave.evaluation.table_of_measures import AUC, MAP, RECALL
from coldwave.models.references import random_vectors
from coldwave.wmf.als import factorise_plays

log = logging.getLogger(__name__)


def neighbour_scores(counts: sparse.csr_matrix, neighbours: int, weighting: str, threads: int) -> Scorer:
    """Score a song by its similarity to the songs that a user has played, summed over those it is a neighbour of.

    Parameters
    ----------
    counts : float64 CSR [users, songs]
    neighbours : number of most similar songs kept for each song
    weighting : "cosine" (of the songs' binary vectors of users) or "bm25" (of play counts, weighted by BM25)
    """
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender
    from implicit.utils import ParameterWarning

    played = counts.copy()
    if weighting == "cosine":
        played.data[:] = 1
    system = {"cosine": CosineRecommender, "bm25": BM25Recommender}[weighting]
    model = system(K=neighbours + 1, num_threads=threads)  # the most similar song is the song itself
    with warnings.catch_warnings(action="ignore", category=ParameterWarning):  # of its own weighted matrix
        model.fit(played, show_progress=False)
    similarity = model.similarity.astype(np.float32)
    played.data[:] = 1
    return lambda users: (played[users].astype(np.float32) @ similarity).toarray()


def schema(cutoff: int, first: int) -> dict[str, type[pl.DataType]]:
    """Columns of the table, in order: a row for each system, and the same sizes in every row."""
    measures = MAP.column_at(cutoff), AUC.column_at(cutoff), RECALL.column_at(first)
    return {
        "system": pl.String,
        **dict.fromkeys(measures, pl.Float64),
        "users": pl.UInt32,  # with a held-out play: those in the means
        "songs": pl.UInt32,
        "plays": pl.UInt64,  # pairs of a user and a training song
        "held_out": pl.UInt64,
        "unreachable": pl.UInt64,  # held-out plays of songs without a remaining play
    }


def systems(
    remaining: pl.DataFrame, users: int, songs: int, wmf: dict[str, Any], neighbours: int, seed: int, threads: int
) -> Iterator[tuple[str, Scorer]]:
    """Fit one system after another to the remaining plays (``user``, ``song``, ``count``), and give its scores."""
    counts = play_counts(remaining, users, songs)
    yield "random", vector_scores(*random_vectors(users, songs, seed))
    yield "popularity", same_scores(np.bincount(counts.indices, minlength=songs))
    for name, weighting in (("item-item, cosine", "cosine"), ("item-item, BM25", "bm25")):
        yield name, neighbour_scores(counts, neighbours, weighting, threads)
    yield "WMF", vector_scores(*factorise_plays(remaining, users, songs, **wmf, seed=seed, threads=threads))


def evaluate_warm(
    plays: pl.DataFrame,
    training: np.ndarray,
    users: int,
    wmf: dict[str, Any],
    held_out: float,
    neighbours: int,
    first: int,
    cutoff: int,
    seed: int,
    threads: int,
) -> pl.DataFrame:
    """Hold out plays of training songs, fit every system to the rest, and tabulate how it ranks the held-out plays.

    Parameters
    ----------
    plays : table ``user``, ``song``, ``count``, each pair once; training : bool [songs]
    wmf : alpha, epsilon, and the settings that ``factorise`` takes by name
    held_out : share of the plays; neighbours : number for each song; first : length of the list that recall looks at

    Returns
    -------
    table with columns as in ``schema``

    Raises
    ------
    InputError
        No play could be held out.
    """
    plays = of_training_songs(plays, training)
    songs = int(training.sum())
    cure = "raise warm.held_out, read more plays, or write warm: null"
    remaining, known, missing = hold_out_plays(plays, users, songs, held_out, seed, cure)
    sizes = {
        "users": int((np.diff(missing.indptr) > 0).sum()),
        "songs": songs,
        "plays": plays.height,
        "held_out": missing.nnz,
        "unreachable": int((np.bincount(known.indices, minlength=songs) == 0)[missing.indices].sum()),
    }
    log.info("held out %s of %s plays of %s training songs", *(f"{n:,}" for n in (missing.nnz, plays.height, songs)))
    rows = []
    for name, scores in systems(remaining, users, songs, wmf, neighbours, seed, threads):
        measures = measure(scores, known, missing, cutoff, first, threads)
        ap, auc, recall = (float(np.nanmean(values)) if np.isfinite(values).any() else None for values in measures)
        rows.append({"system": name, f"map_{cutoff}": ap, "auc": auc, f"recall_{first}": recall, **sizes})
        log.info("%s: AP %s, AUC %s, recall %s", name, ap, auc, recall)
    return pl.DataFrame(rows, schema=schema(cutoff, first))
