"""Batches of plays: for each, the user's other songs, and the songs among which the one played is to be found."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy.sparse as sparse


class Batch(NamedTuple):
    """Some plays, as positions among the songs that take part.

    Attributes
    ----------
    songs : int [n], training songs that take part, ascending
    history : float32 [plays, n], the weight of each song in the user's mean: sums to 1, and 0 for the song played
    candidates : int [m], positions in ``songs`` of those that are played in the batch
    target : int [plays], the position of the song played among the candidates
    apart : bool [plays, m], other candidates that the user has played too, which are no wrong answers
    draws : int [m], how often each candidate is played in the batch
    """

    songs: np.ndarray
    history: np.ndarray
    candidates: np.ndarray
    target: np.ndarray
    apart: np.ndarray
    draws: np.ndarray


def plays_to_learn(played: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """List the plays of the users who have played another song too: users and songs, int [plays] each."""
    users, songs = played.nonzero()
    several = np.diff(played.indptr)[users] > 1
    return users[several], songs[several]


def batches(played: sparse.csr_matrix, size: int, history: int, seed: int, epoch: int) -> Iterator[Batch]:
    """Yield all plays to learn from once, in an order that depends on seed and epoch alone.

    Parameters
    ----------
    played : CSR [users, songs], 1 where a user has played a training song
    size : plays of a batch
    history : songs that stand for a user in a batch, at most; others are drawn anew each time
    """
    users, songs = plays_to_learn(played)
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(users))
    for begin in range(0, len(order), size):
        chosen = order[begin : begin + size]
        yield make_batch(played, users[chosen], songs[chosen], history, rng)


def make_batch(
    played: sparse.csr_matrix, users: np.ndarray, songs: np.ndarray, history: int, rng: np.random.Generator
) -> Batch:
    """Make the batch of these plays, int [plays] each."""
    rows = played[users]
    row, column = np.repeat(np.arange(len(users)), np.diff(rows.indptr)), rows.indices
    candidates, target, draws = np.unique(songs, return_inverse=True, return_counts=True)
    place = np.minimum(np.searchsorted(candidates, column), len(candidates) - 1)
    listed = candidates[place] == column
    apart = np.zeros((len(users), len(candidates)), dtype=bool)
    apart[row[listed], place[listed]] = True
    apart[np.arange(len(users)), target] = False

    others = column != songs[row]
    row, column = _drawn(row[others], column[others], history, rng)
    known = np.union1d(column, candidates)
    weights = np.zeros((len(users), len(known)), dtype=np.float32)
    weights[row, np.searchsorted(known, column)] = 1 / np.bincount(row, minlength=len(users))[row]
    return Batch(known, weights, np.searchsorted(known, candidates), target, apart, draws)


def _drawn(row: np.ndarray, column: np.ndarray, most: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw at most so many entries of each row; ``row`` ascends."""
    starts = np.concatenate(([0], np.cumsum(np.bincount(row))))
    if np.diff(starts).max(initial=0) <= most:
        return row, column
    order = np.lexsort((rng.random(len(row)), row))
    kept = np.sort(order[np.arange(len(row)) - starts[row] < most])
    return row[kept], column[kept]
