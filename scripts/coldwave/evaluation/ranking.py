"""How high each user's relevant songs rank among all candidate songs: exact average precision and AUC.

A score is the inner product of a user's and a song's vector. No ranking is ever sorted: all measures follow
from two counts for each relevant song, the candidates scored above it and those that tie with it. The first
songs of each user's ranking are kept while the scores are counted.

Compiled code is not cached on disk unless a rule asks for it (``coldwave.evaluation.compiled``).
"""

from typing import NamedTuple

import numba
import numpy as np

from coldwave.evaluation.scoring import distinct_vectors, map_scores

_SONGS_AT_ONCE = 4096  # whose scores stay in the processor's first cache while all relevant songs are compared


class Standing(NamedTuple):
    """Where the relevant songs stand, and the first songs of each ranking.

    ``above``, ``tied``: int32 [pairs], candidates scored above each relevant song, and those scored the same, itself
    included. ``lists``: int32 [users, length], candidates from the highest score; where scores tie, in the order
    asked for; -1 for users without a relevant song.
    """

    above: np.ndarray
    tied: np.ndarray
    lists: np.ndarray


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
    """Find the songs without a prediction (a row of NaN): bool [songs].

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

    The parameters are those of `stand` and `measure`. Where songs tie, AP is its expectation over all orders of the
    tied songs.

    Raises
    ------
    ValueError
        As the two functions.
    """
    if cutoff < 1:
        raise ValueError(f"cutoff is {cutoff}, not at least 1")
    standing = stand(user_vectors, song_vectors, starts, relevant, threads=threads, users_at_once=users_at_once)
    return measure(standing, starts, len(song_vectors), cutoff)


def stand(
    user_vectors: np.ndarray,
    song_vectors: np.ndarray,
    starts: np.ndarray,
    relevant: np.ndarray,
    order: np.ndarray | None = None,
    length: int = 0,
    threads: int = 1,
    users_at_once: int | None = None,
) -> Standing:
    """Score every candidate song for every user with a relevant song, and count where the relevant ones stand.

    Songs without a prediction rank below all others and tie among themselves. Songs with the same vector always
    tie: each distinct vector is scored once, so that rounding cannot separate them.

    Parameters
    ----------
    user_vectors
        Real [users, k]; may be memory-mapped.
    song_vectors
        Real [candidates, k]; a row of NaN is a song without a prediction.
    starts, relevant
        The relevant songs of user u are ``relevant[starts[u]:starts[u + 1]]``, rows of ``song_vectors`` without
        repetition: integers [users + 1] and [pairs].
    order, length
        ``order`` has each candidate once, and breaks ties in the lists. ``length`` is that of the lists (at most all
        candidates). By default no list is kept.
    threads
        Changes the time, not a bit of the result.
    users_at_once
        Users that a thread scores at once. By default enough for about a million scores: memory is bounded, and the
        scores are counted while they are in the processor's cache.

    Raises
    ------
    ValueError
        Shapes do not fit together, an index is out of range, or vectors are not finite or overflow float32.
    """
    check_vectors(user_vectors, song_vectors, starts, relevant)
    order = np.arange(len(song_vectors)) if order is None else np.asarray(order, np.int64)
    if not np.array_equal(np.sort(order), np.arange(len(song_vectors))):
        raise ValueError(f"order does not name each of the {len(song_vectors)} candidates once")
    starts, relevant = np.asarray(starts, np.int64), np.asarray(relevant, np.int64)
    missing = missing_songs(song_vectors)
    distinct, group, weight = distinct_vectors(song_vectors, missing)
    order = np.concatenate([order[~missing[order]], order[missing[order]]])  # those without a prediction come last
    columns = group[order[: int((~missing).sum())]].astype(np.int32)
    single = bool((weight == 1).all())

    users = np.flatnonzero(np.diff(starts))
    result = Standing(
        np.zeros(len(relevant), np.int32),
        np.zeros(len(relevant), np.int32),
        np.full((len(user_vectors), min(length, len(song_vectors))), -1, np.int32),
    )

    def count(scores: np.ndarray, chunk: np.ndarray) -> None:
        counts = result.above, result.tied
        _stand(scores, weight, single, int(missing.sum()), group, chunk, starts, relevant, *counts)
        if length:
            _list(scores, columns, order, chunk, result.lists)

    for _ in map_scores(count, users, user_vectors, distinct, threads, users_at_once):
        pass
    return result


def measure(standing: Standing, starts: np.ndarray, candidates: int | np.ndarray, cutoff: int) -> Ranking:
    """Compute AP and AUC of every user from where the relevant songs stand.

    Parameters
    ----------
    starts
        As in `stand`.
    candidates
        Number of candidate songs, one for all users or integers [users].
    cutoff
        Length of the ranking that AP looks at.
    """
    starts = np.asarray(starts, np.int64)
    candidates = np.full(len(starts) - 1, candidates, np.int64)
    result = Ranking(*(np.full(len(starts) - 1, np.nan) for _ in Ranking._fields))
    _measure(starts, standing.above, standing.tied, candidates, cutoff, *result)
    return result


def check_vectors(users: np.ndarray, songs: np.ndarray, starts: np.ndarray, relevant: np.ndarray) -> None:
    """Raise a ValueError where the arrays, which are those of `stand`, do not fit together."""
    if users.ndim != 2 or songs.ndim != 2 or users.shape[1] != songs.shape[1]:
        raise ValueError(f"user vectors {users.shape} and song vectors {songs.shape} are not [users, k] and [songs, k]")
    if len(starts) != len(users) + 1 or starts[0] != 0 or starts[-1] != len(relevant) or (np.diff(starts) < 0).any():
        raise ValueError("starts does not divide the relevant songs among the users")
    if len(relevant) and (relevant.min() < 0 or relevant.max() >= len(songs)):
        raise ValueError(f"relevant songs are not all among the {len(songs)} candidates")


@numba.njit(nogil=True, cache=False)
def _count(scores, weight, score):
    """Songs scored above ``score``, and songs scored the same. Kept in 32 bits, so that it becomes SIMD code."""
    above, equal = np.int32(0), np.int32(0)
    for row in range(scores.size):
        above = np.int32(above + (weight[row] if scores[row] > score else np.int32(0)))
        equal = np.int32(equal + (weight[row] if scores[row] == score else np.int32(0)))
    return above, equal


@numba.njit(nogil=True, cache=False)
def _count_single(scores, one, score):
    """The same where each vector is that of a single song, in six tenths of the time.

    ``one`` is 1. With a constant in its place LLVM turns masks into numbers, which takes a third operation.
    """
    above, equal = np.int32(0), np.int32(0)
    for row in range(scores.size):
        above = np.int32(above + (one if scores[row] > score else np.int32(0)))
        equal = np.int32(equal + (one if scores[row] == score else np.int32(0)))
    return above, equal


@numba.njit(nogil=True, cache=False)
def _stand(scores, weight, single, missing, group, users, starts, relevant, above, tied):
    """Write the counts of a chunk of users, from their scores [chunk, d] for the distinct vectors.

    ``weight`` [d] has the songs of each vector; ``single`` says that it is 1 everywhere.
    """
    for row in range(users.size):
        first, last = starts[users[row]], starts[users[row] + 1]
        for pair in range(first, last):
            if group[relevant[pair]] < 0:
                above[pair], tied[pair] = group.size - missing, missing
        for begin in range(0, scores.shape[1], _SONGS_AT_ONCE):
            some = scores[row, begin : begin + _SONGS_AT_ONCE]
            for pair in range(first, last):
                column = group[relevant[pair]]
                if column < 0:
                    continue
                if single:
                    more, equal = _count_single(some, weight[0], scores[row, column])
                else:
                    more, equal = _count(some, weight[begin : begin + _SONGS_AT_ONCE], scores[row, column])
                above[pair] += more
                tied[pair] += equal


@numba.njit(nogil=True, cache=False)
def _list(scores, columns, order, users, lists):
    """Write the first songs of a chunk of users: the highest scores; among equal ones, the first in ``order``.

    Candidates are visited in that order, so one that ties with the last of a full list does not enter. The order is
    unrelated to the scores, so few candidates enter a list: about length · log(candidates / length). ``columns`` has
    the column of each candidate's scores, except for those without a prediction, which come last in the order.
    """
    length = lists.shape[1]
    best = np.empty(length, scores.dtype)
    for row in range(users.size):
        found = lists[users[row]]
        filled = 0
        for place in range(columns.size):
            score = scores[row, columns[place]]
            if filled == length and score <= best[length - 1]:
                continue
            at = filled if filled < length else length - 1
            while at > 0 and best[at - 1] < score:
                best[at], found[at] = best[at - 1], found[at - 1]
                at -= 1
            best[at], found[at] = score, order[place]
            filled = min(filled + 1, length)
        for place in range(filled, length):
            found[place] = order[columns.size + place - filled]


@numba.njit(nogil=True, cache=False)
def _measure(starts, above_all, tied_all, candidates, cutoff, ap, ap_relevant, auc):
    """Write the measures of all users.

    Take a group of n tied songs, r of them relevant, below s other songs of which R are relevant. In a random
    order of the group, its position i = 1 … n holds a relevant song with probability r / n, and given that, each
    of the i - 1 songs before it in the group is relevant with probability (r - 1) / (n - 1). So the expected
    contribution of that position to the sum of precisions at hits is

        r / n · (R + 1 + (i - 1) (r - 1) / (n - 1)) / (s + i),

    counted while s + i ≤ cutoff. With n = r = 1 it is (R + 1) / (s + 1), the usual precision at a hit.
    """
    for user in range(starts.size - 1):
        first, total = starts[user], starts[user + 1] - starts[user]
        if total == 0:
            continue
        others = candidates[user] - total

        # One number for (above, tied): it sorts the relevant songs, and is equal only within a tie.
        places = np.empty(total, np.int64)
        for hit in range(total):
            places[hit] = (np.int64(above_all[first + hit]) << 32) | np.int64(tied_all[first + hit])
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
