"""Recommend songs that others have played: collaborative filtering on held-out plays of training songs.

It compares the systems of the paper's section 1: a factorisation, and the neighbours of the songs that a user has
played. The candidates of a user are all training songs except those of the user's remaining plays, so they differ
between users. Every song here has plays to learn from, which is a different question from cold start.

Scores are computed for a block of users at a time; no array of users × songs is ever held.
"""

import logging
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numba
import numpy as np
import polars as pl
import scipy.sparse as sparse
from threadpoolctl import threadpool_limits

from coldwave.errors import InputError
from coldwave.evaluation.measures import list_measures
from coldwave.evaluation.ranking import Standing
from coldwave.evaluation.ranking import measure as ranking_measures
from coldwave.evaluation.table_of_measures import AUC, MAP, RECALL
from coldwave.models.references import random_vectors
from coldwave.progress import track
from coldwave.wmf.als import factorise
from coldwave.wmf.confidence import confidence_matrix

log = logging.getLogger(__name__)

SCORES_AT_ONCE = 1 << 22  # of a block of users: bounds memory, not the result

# From users [block] to their scores of all songs, float32 [block, songs], an array that the caller may change.
Scorer = Callable[[np.ndarray], np.ndarray]


class Measures(NamedTuple):
    """Three float64 arrays of shape [users]; NaN where a measure is not defined for the user.

    ``ap``: average precision at the cutoff, the sum of precisions at hits divided by min(cutoff, held-out plays);
    ``auc``: share of the pairs of a held-out song and another candidate ranked the right way; ties count one half; NaN
    also where every candidate is held out. ``recall``: share of the held-out songs among the first few.
    """

    ap: np.ndarray
    auc: np.ndarray
    recall: np.ndarray


def hold_out(plays: pl.DataFrame, share: float, seed: int) -> np.ndarray:
    """Choose plays to hold out, each with the same probability, but leave every user at least one: bool [plays].

    Parameters
    ----------
    plays : table ``user``, each pair of a user and a song once
    share : probability, in (0, 1)
    """
    draws = np.random.default_rng(seed).random(plays.height)
    user = plays["user"].to_numpy()
    held_out = draws < share
    order = np.lexsort((draws, user))
    last = np.append(user[order][1:] != user[order][:-1], True)[: len(order)]
    held_out[order[last]] = False
    return held_out


def play_counts(plays: pl.DataFrame, users: int, songs: int) -> sparse.csr_matrix:
    """Make a matrix of a table ``user``, ``song``, ``count``: float64 CSR [users, songs], sorted indices."""
    pairs = (plays["user"].to_numpy(), plays["song"].to_numpy())
    matrix = sparse.csr_matrix((plays["count"].to_numpy().astype(np.float64), pairs), shape=(users, songs))
    matrix.sort_indices()
    return matrix


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


def vector_scores(user_vectors: np.ndarray, song_vectors: np.ndarray) -> Scorer:
    """Score by inner products of user vectors [users, k] and song vectors [songs, k]."""
    transposed = np.ascontiguousarray(song_vectors.T, dtype=np.float32)
    return lambda users: np.asarray(user_vectors[users], np.float32) @ transposed


def same_scores(values: np.ndarray) -> Scorer:
    """Give every user the same scores [songs]."""
    return lambda users: np.tile(np.asarray(values, np.float32), (len(users), 1))


def measure(
    scores: Scorer,
    known: sparse.csr_matrix,
    held_out: sparse.csr_matrix,
    cutoff: int,
    first: int,
    threads: int = 1,
    users_at_once: int | None = None,
) -> Measures:
    """Rank all songs that are not known, for every user with a held-out play, and find where the held-out ones stand.

    Where songs tie, AP and recall are expectations over all orders of the tied songs.

    Parameters
    ----------
    known, held_out : CSR [users, songs], without a pair in both; every stored entry counts, whatever its value
    cutoff : length of the ranking that AP looks at; first : length of the list that recall looks at
    threads, users_at_once : change time and memory, not the result

    Raises
    ------
    ValueError
        Scores are not finite, or a pair is both known and held out.
    """
    if known.multiply(held_out).nnz:
        raise ValueError("a play is both known and held out")
    users = np.flatnonzero(np.diff(held_out.indptr))
    standing = Standing(*np.zeros((2, held_out.nnz), np.int32), lists=np.empty((known.shape[0], 0), np.int32))
    step = users_at_once or max(1, SCORES_AT_ONCE // max(known.shape[1], 1))
    blocks = [users[begin : begin + step] for begin in range(0, len(users), step)]

    def count(block: np.ndarray) -> None:
        scored = scores(block)
        if not np.isfinite(scored).all():
            raise ValueError("scores are not finite")
        pairs = (known.indptr, known.indices, held_out.indptr, held_out.indices)
        _stand(scored, block, *pairs, standing.above, standing.tied)

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        for _ in track(pool.map(count, blocks), "blocks of users ranked", len(blocks)):
            pass
    candidates = known.shape[1] - np.diff(known.indptr)
    ranking = ranking_measures(standing, held_out.indptr, candidates, cutoff)
    recall = list_measures(standing, held_out.indptr, [first])[f"recall_{first}"]
    return Measures(ranking.ap, ranking.auc, recall)


@numba.njit(nogil=True, cache=False)
def _stand(scores, users, known_starts, known, held_out_starts, held_out, above, tied):
    """Count the candidates above and level with each held-out song, from scores [block, songs], known ones overwritten.

    ``above`` and ``tied`` are those of ``coldwave.evaluation.ranking.Standing``.
    """
    for row in range(users.size):
        user, own = users[row], scores[row]
        for song in known[known_starts[user] : known_starts[user + 1]]:
            own[song] = -np.inf  # below every candidate, and equal to none
        for pair in range(held_out_starts[user], held_out_starts[user + 1]):
            score = own[held_out[pair]]
            for song in range(own.size):
                above[pair] += own[song] > score
                tied[pair] += own[song] == score


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
    confidences = confidence_matrix(remaining, users, songs, wmf["alpha"], wmf["epsilon"])
    fitted = factorise(
        confidences, wmf["factors"], wmf["regularization"], wmf["iterations"], wmf["solver"], seed, threads
    )
    yield "WMF", vector_scores(*fitted)


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
    wmf : alpha, epsilon, factors, regularization, iterations and solver
    held_out : share of the plays; neighbours : number for each song; first : length of the list that recall looks at

    Returns
    -------
    table with columns as in ``schema``

    Raises
    ------
    InputError
        No play could be held out.
    """
    columns = np.cumsum(training) - 1
    plays = plays.filter(training[plays["song"].to_numpy()])
    plays = plays.with_columns(song=columns[plays["song"].to_numpy()])
    songs = int(training.sum())
    chosen = hold_out(plays, held_out, seed)
    if not chosen.any():
        raise InputError(
            f"no play can be held out of {plays.height:,} of training songs, because every user keeps one: raise "
            "warm.held_out, read more plays, or write warm: null"
        )
    remaining = plays.filter(~chosen)
    known, missing = play_counts(remaining, users, songs), play_counts(plays.filter(chosen), users, songs)
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
