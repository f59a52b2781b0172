"""Plays held out of those of training songs, and how scores rank them.

The candidates of a user are all songs except those of the user's remaining plays, so they differ between users. Scores
are computed for a block of users at a time; no array of users × songs is ever held.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numba
import numpy as np
import polars as pl
import scipy.sparse as sparse
from threadpoolctl import threadpool_limits

from coldwave.errors import InputError
from coldwave.evaluation.measures import list_measures
from coldwave.evaluation.ranking import Standing
from coldwave.evaluation.ranking import measure as ranking_measures
from coldwave.progress import track

SCORES_AT_ONCE = 1 << 22  # of a block of users: bounds memory, not the result


class NothingToRank(InputError):
    """Too little is held out for any user to tell one ranking from another."""


# From users [block] to their scores of all songs, float32 [block, songs], an array that the caller may change.
Scorer = Callable[[np.ndarray], np.ndarray]


class Measures(NamedTuple):
    """Three float64 arrays of shape [users]; NaN where a measure is not defined for the user.

    ``ap``: average precision at the cutoff, the sum of precisions at hits divided by min(cutoff, held-out plays);
    ``auc``: share of the pairs of a held-out song and another candidate ranked the right way; ties count one half; NaN
    also where every candidate is held out. ``recall``: share of the held-out songs among the first few. Where no user
    has an AUC, every measure is NaN.
    """

    ap: np.ndarray
    auc: np.ndarray
    recall: np.ndarray


def of_training_songs(plays: pl.DataFrame, training: np.ndarray) -> pl.DataFrame:
    """Keep the plays of training songs (bool [songs]), and number these songs from 0."""
    places = np.cumsum(training) - 1
    plays = plays.filter(training[plays["song"].to_numpy()])
    return plays.with_columns(song=places[plays["song"].to_numpy()])


def hold_out(plays: pl.DataFrame, share: float, seed: int | Sequence[int]) -> np.ndarray:
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


class HeldOut(NamedTuple):
    """Plays in two parts: the remaining ones (``user``, ``song``, ``count``), and both as matrices [users, songs]."""

    remaining: pl.DataFrame
    known: sparse.csr_matrix
    missing: sparse.csr_matrix


def hold_out_plays(
    plays: pl.DataFrame, users: int, songs: int, share: float, seed: int | Sequence[int], cure: str
) -> HeldOut:
    """Divide plays as `hold_out` chooses.

    Raises
    ------
    NothingToRank
        No play could be held out; ``cure`` says what to change.
    """
    chosen = hold_out(plays, share, seed)
    if not chosen.any():
        raise NothingToRank(
            f"no play can be held out of {plays.height:,} of training songs, because every user keeps one: {cure}"
        )
    remaining, missing = plays.filter(~chosen), plays.filter(chosen)
    return HeldOut(remaining, play_counts(remaining, users, songs), play_counts(missing, users, songs))


def play_counts(plays: pl.DataFrame, users: int, songs: int) -> sparse.csr_matrix:
    """Make a matrix of a table ``user``, ``song``, ``count``: float64 CSR [users, songs], sorted indices."""
    pairs = (plays["user"].to_numpy(), plays["song"].to_numpy())
    matrix = sparse.csr_matrix((plays["count"].to_numpy().astype(np.float64), pairs), shape=(users, songs))
    matrix.sort_indices()
    return matrix


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
    if np.isnan(ranking.auc).all():  # every ranking is perfect
        return Measures(*(np.full_like(recall, np.nan) for _ in Measures._fields))
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
