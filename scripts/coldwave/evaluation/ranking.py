"""How high each user's relevant songs rank among all candidate songs: average precision and AUC, exactly.

A score is the inner product of a user's and a song's vector. No ranking is ever sorted: both measures follow
from two counts for each relevant song, the candidates scored above it and those that tie with it.

Compiled code is not cached on disk (numba's ``cache=True`` fails where neither the library's folder nor the
home can be written); it compiles in about two seconds, once a process.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numba
import numpy as np
from threadpoolctl import threadpool_limits

from coldwave.progress import track

_SCORES_AT_ONCE = 2**20
_LARGEST_SCORE = float(np.finfo(np.float32).max)


class Ranking(NamedTuple):
    """Three float64 arrays of shape [users]; NaN where a measure is not defined for the user.

    ``ap``: average precision at the cutoff, the sum of precisions at hits divided by min(cutoff, relevant songs);
    ``ap_relevant``: the same sum divided by the number of relevant songs; both NaN without a relevant song.
    ``auc``: share of the pairs of one relevant and one other candidate in which the relevant one has the
    higher score, ties counting one half; NaN also where every candidate is relevant.
    """

    ap: np.ndarray
    ap_relevant: np.ndarray
    auc: np.ndarray


def missing_songs(song_vectors: np.ndarray) -> np.ndarray:
    """Tell which songs have no prediction (a row of NaN): bool [songs].

    Raises
    ------
    ValueError
        A row is neither finite nor all NaN.
    """
    finite = np.isfinite(song_vectors).all(axis=1)
    missing = np.isnan(song_vectors).all(axis=1) & ~finite
    if broken := int((~finite & ~missing).sum()):
        raise ValueError(f"{broken} song vectors are partly NaN or infinite (a song without a prediction is all NaN)")
    return missing


def rank_songs(
    user_vectors: np.ndarray,
    song_vectors: np.ndarray,
    starts: np.ndarray,
    relevant: np.ndarray,
    cutoff: int,
    threads: int = 1,
    users_at_once: int | None = None,
) -> Ranking:
    """Rank every candidate song for every user, and measure where the relevant ones stand.

    Songs without a prediction rank below all others and tie among themselves. Songs with the same vector always
    tie: each distinct vector is scored once, so that rounding cannot tell them apart. Where songs tie, AP is
    its expectation over all orders of the tied songs.

    Parameters
    ----------
    user_vectors
        Real [users, k]; may be memory-mapped.
    song_vectors
        Real [candidates, k]; a row of NaN is a song without a prediction.
    starts, relevant
        The relevant songs of user u are ``relevant[starts[u]:starts[u + 1]]``, rows of ``song_vectors`` without
        repetition: integers [users + 1] and [pairs].
    cutoff
        Length of the ranking that AP looks at.
    threads
        Changes the time, not a bit of the result.
    users_at_once
        Users scored in one go by a thread. By default as many as make about a million scores, so that memory is
        bounded and the scores are counted while they are in the processor's cache.

    Raises
    ------
    ValueError
        Shapes do not fit together, an index is out of range, or vectors are not finite or overflow float32.
    """
    _check(user_vectors, song_vectors, starts, relevant, cutoff)
    starts, relevant = np.asarray(starts, np.int64), np.asarray(relevant, np.int64)
    missing = missing_songs(song_vectors)
    distinct, group, weight = _distinct(np.asarray(song_vectors, np.float32), missing)
    longest = float(np.sqrt(np.square(distinct, dtype=np.float64).sum(axis=1).max(initial=0)))
    transposed = np.ascontiguousarray(distinct.T)

    users = np.flatnonzero(np.diff(starts))
    result = Ranking(*(np.full(len(user_vectors), np.nan) for _ in Ranking._fields))
    step = users_at_once or int(np.clip(_SCORES_AT_ONCE // max(len(distinct), 1), 128, 4096))

    def measure(chunk: np.ndarray) -> None:
        vectors = np.asarray(user_vectors[chunk], np.float32)
        norms = np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=1))
        if bad := int((~np.isfinite(norms)).sum()):
            raise ValueError(f"{bad} user vectors are not finite")
        if norms.max() * longest > _LARGEST_SCORE:
            raise ValueError("scores overflow float32: the vectors are too long")
        _measure(vectors @ transposed, weight, missing.sum(), group, chunk, starts, relevant, cutoff, *result)

    # Each thread multiplies and counts a chunk of its own, BLAS with one thread: chunks, and so the order in
    # which BLAS adds, do not depend on the number of threads.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        for _ in track(pool.map(measure, _chunks(users, step)), "chunks of users ranked", -(-len(users) // step)):
            pass
    return result


def _check(users: np.ndarray, songs: np.ndarray, starts: np.ndarray, relevant: np.ndarray, cutoff: int) -> None:
    if users.ndim != 2 or songs.ndim != 2 or users.shape[1] != songs.shape[1]:
        raise ValueError(f"user vectors {users.shape} and song vectors {songs.shape} are not [users, k] and [songs, k]")
    if cutoff < 1:
        raise ValueError(f"cutoff is {cutoff}, not at least 1")
    if len(starts) != len(users) + 1 or starts[0] != 0 or starts[-1] != len(relevant) or (np.diff(starts) < 0).any():
        raise ValueError("starts does not divide the relevant songs among the users")
    if len(relevant) and (relevant.min() < 0 or relevant.max() >= len(songs)):
        raise ValueError(f"relevant songs are not all among the {len(songs)} candidates")


def _distinct(vectors: np.ndarray, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct vectors [d, k], each song's row in them (-1 where missing) [songs], songs per row int32 [d]."""
    # Adding zero makes -0.0 and 0.0 one value.
    rows, inverse, counts = np.unique(vectors[~missing] + 0.0, axis=0, return_inverse=True, return_counts=True)
    group = np.full(len(vectors), -1, np.int64)
    group[~missing] = inverse.reshape(-1)
    return rows, group, counts.astype(np.int32)


def _chunks(users: np.ndarray, step: int) -> Iterator[np.ndarray]:
    return (users[begin : begin + step] for begin in range(0, len(users), step))


@numba.njit(nogil=True, cache=False)
def _count(scores, weight, score):
    """Songs scored above ``score``, and songs scored the same. Kept in 32 bits, so that it becomes SIMD code."""
    above, equal = np.int32(0), np.int32(0)
    for row in range(scores.size):
        above = np.int32(above + (weight[row] if scores[row] > score else np.int32(0)))
        equal = np.int32(equal + (weight[row] if scores[row] == score else np.int32(0)))
    return above, equal


@numba.njit(nogil=True, cache=False)
def _measure(scores, weight, missing, group, users, starts, relevant, cutoff, ap, ap_relevant, auc):
    """Write the measures of a chunk of users, from their scores [chunk, d] for the distinct vectors.

    Take a group of n tied songs, r of them relevant, below s other songs of which R are relevant. In a random
    order of the group, its position i = 1 … n holds a relevant song with probability r / n, and given that, each
    of the i - 1 songs before it in the group is relevant with probability (r - 1) / (n - 1). So the expected
    contribution of that position to the sum of precisions at hits is

        r / n · (R + 1 + (i - 1) (r - 1) / (n - 1)) / (s + i),

    counted while s + i ≤ cutoff. With n = r = 1 it is (R + 1) / (s + 1), the usual precision at a hit.
    """
    candidates = group.size
    scored = candidates - missing
    for row in range(users.size):
        user = users[row]
        first, total = starts[user], starts[user + 1] - starts[user]
        others = candidates - total

        # One number for (above, equal), which orders the relevant songs and is the same just within a tie.
        places = np.empty(total, np.int64)
        for hit in range(total):
            column = group[relevant[first + hit]]
            if column < 0:
                above, equal = np.int64(scored), np.int64(missing)
            else:
                counts = _count(scores[row], weight, scores[row, column])
                above, equal = np.int64(counts[0]), np.int64(counts[1])
            places[hit] = (above << 32) | equal
        places.sort()

        precisions, half_pairs, before, hit = 0.0, 0, 0, 0
        while hit < total:
            above, tied = places[hit] >> 32, places[hit] & 0xFFFFFFFF
            hits = 1
            while hit + hits < total and places[hit + hits] == places[hit]:
                hits += 1
            others_tied = tied - hits
            others_below = others - (above - before) - others_tied
            half_pairs += hits * (2 * others_below + others_tied)
            for position in range(1, min(tied, cutoff - above) + 1):
                hits_before = before + (0.0 if tied == 1 else (position - 1) * (hits - 1) / (tied - 1))
                precisions += hits / tied * (hits_before + 1) / (above + position)
            before += hits
            hit += hits

        ap[user] = precisions / min(cutoff, total)
        ap_relevant[user] = precisions / total
        if others > 0:
            auc[user] = half_pairs / (2 * total * others)
