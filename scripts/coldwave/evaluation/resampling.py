"""How much AUC and mAP depend on which users and which test songs there are.

Test songs are a sample as users are. All users share them, so the means of a model depend on the songs more than the
spread over users tells. Take the influence e(u, s) of the pair of a user u and a song s on a mean, with parts that all
pairs of a user, or of a song, have in common. The variance of the mean over other users and other songs is

    V(users) + V(songs) - V(pairs),

where V(users) = Σ_u (Σ_s e)² and V(songs) = Σ_s (Σ_u e)² hold V(pairs) = Σ e² each (Owen & Eckles, Bootstrapping data
arrays of arbitrary order, Annals of Applied Statistics, 2012). Users' parts are known from their measures. For those of
songs, groups of songs are left out in turn: a jackknife. With random signs σ of users, (Σ_u σ e)² is Σ_u e² on average.

Drawing songs with replacement as well (the pigeonhole bootstrap) was tried on simulated worlds. Copies of a song stand
together, which raises AP: percentiles of mAP covered the truth in 83 to 87 of 100 worlds with 120 test songs, those of
AUC in 91 to 92. Standard errors of the song part were 4 to 11 % too small. The jackknife's are 0 to 10 % too large
(``benchmarks/coverage_of_intervals.py``).

No ranking is made again: a user's scores are sorted once, and all that is left after leaving out each group is counted
at the same time. That takes users x songs x groups additions of small integers.
"""

from typing import NamedTuple

import numba
import numpy as np

from coldwave.evaluation.ranking import check_vectors, missing_songs, rank_songs
from coldwave.evaluation.scoring import distinct_vectors, map_scores

GROUPS = 200  # of songs that are left out, at most
USERS = 20_000  # whose rankings tell how much songs matter, at most
_USERS_AT_ONCE = 128


class Measured(NamedTuple):
    """AUC and mAP of rankings: ``means`` [2] over users, and ``samples`` [samples, 2] of other users and songs."""

    means: np.ndarray
    samples: np.ndarray


def leave_songs_out(
    user_vectors: np.ndarray,
    song_vectors: np.ndarray,
    starts: np.ndarray,
    relevant: np.ndarray,
    cutoff: int,
    seed: int,
    threads: int = 1,
    groups: int = GROUPS,
    at_most: int = USERS,
    together: np.ndarray | None = None,
) -> np.ndarray:
    """Measure rankings without each group of songs: float64 [groups, 2, 2].

    ``[:, 0]`` are the mean AUC and the mean AP of users. ``[:, 1]`` are the means of the same deviations from
    ``[:, 0]`` with a random sign for each user, whose squares tell the part of pairs. NaN where no user is left.

    Each group has one song, or about as many as any other if there are more songs than groups. The same seed, the same
    numbers of songs and of users with a relevant song, and the same ``together`` give the same groups, users and signs,
    whatever the vectors. So a row of one model can be compared with the same row of another.

    Parameters
    ----------
    user_vectors, song_vectors, starts, relevant, threads
        As in ``coldwave.evaluation.ranking.stand``.
    cutoff
        Length of the ranking that AP looks at.
    seed
        Draws groups, users and signs.
    groups, at_most
        Number of groups at most, and of users with a relevant song. With more users, some are drawn: they tell as well
        how much songs matter, and no more than 20,000 users x songs x 200 groups are counted.
    together
        int [songs], numbers from 0: songs of the same number are in the same group. By default each is by itself.

    Raises
    ------
    ValueError
        As ``coldwave.evaluation.ranking.stand``.
    """
    if cutoff < 1:
        raise ValueError(f"cutoff is {cutoff}, not at least 1")
    check_vectors(user_vectors, song_vectors, starts, relevant)
    starts, relevant = np.asarray(starts, np.int64), np.asarray(relevant, np.int64)
    users, songs = np.flatnonzero(np.diff(starts)), len(song_vectors)
    rng = np.random.default_rng(seed)
    together = np.arange(songs) if together is None else together
    drawn = together.max(initial=-1) + 1
    left_out = (np.argsort(rng.permutation(drawn)) % min(groups, drawn))[together]
    kept = (left_out[:, None] != np.arange(min(groups, drawn))).astype(np.uint8)
    signs = np.zeros(len(user_vectors))
    signs[users] = rng.choice([-1.0, 1.0], len(users))
    if len(users) > at_most:
        users = np.sort(rng.choice(users, at_most, replace=False))

    missing = missing_songs(song_vectors)
    distinct, vector, _ = distinct_vectors(song_vectors, missing)
    vector[missing] = len(distinct)
    weight = np.zeros((len(distinct) + 1, kept.shape[1]), np.int32)
    np.add.at(weight, vector, kept)
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, songs + 1))])
    candidates = kept.sum(axis=0, dtype=np.int64)

    def count(scores: np.ndarray, chunk: np.ndarray) -> np.ndarray:
        values = np.full((2, len(chunk), kept.shape[1]), np.nan)
        order = np.argsort(-scores, axis=1)
        _measure_without(
            scores, order, weight, kept, candidates, vector, chunk, starts, relevant, harmonic, cutoff, *values
        )  # fmt: skip
        known = np.isfinite(values)
        by_sign = np.stack([np.ones(len(chunk)), signs[chunk]])
        return np.stack(
            [by_sign @ np.where(known, values, 0), by_sign @ known]
        )  # [sum or number, measure, sign, group]

    sums = np.zeros((2, 2, 2, kept.shape[1]))
    for found in map_scores(count, users, user_vectors, distinct, threads, _USERS_AT_ONCE):
        sums += found
    (totals, signed), (users_left, signs_left) = np.moveaxis(sums, 2, 1)
    with np.errstate(invalid="ignore"):
        means = totals / users_left
        return np.stack([means.T, ((signed - means * signs_left) / users_left).T], axis=1)


def resampled_measures(
    user_vectors: np.ndarray,
    song_vectors: np.ndarray,
    starts: np.ndarray,
    relevant: np.ndarray,
    cutoff: int,
    samples: int,
    seed: int,
    threads: int = 1,
) -> Measured:
    """Measure the mean AUC and the mean AP of users, and draw those of other users and other songs.

    In each sample, groups of songs and users with a relevant song are drawn with replacement, and the mean moves by the
    influence of what was drawn. Samples are centred at the mean itself. Their variance is V(users) + V(songs), so it
    holds V(pairs) twice and is a little too large. Use it for what is no mean, such as the place where a curve meets a
    value. Draws are the same for all vectors, as in `leave_songs_out`; so are the parameters.
    """
    given = user_vectors, song_vectors, starts, relevant, cutoff
    without = leave_songs_out(*given, seed, threads)[:, 0]
    ranking = rank_songs(*given, threads)
    users = np.flatnonzero(np.diff(starts))
    values = np.stack([ranking.auc, ranking.ap], axis=1)[users]
    means, known = np.full(2, np.nan), np.isfinite(values)
    means = np.divide(values.sum(axis=0, where=known), known.sum(axis=0), out=means, where=known.any(axis=0))
    of_songs = without.mean(axis=0) - without
    of_users = np.where(known, values - means, 0) / np.maximum(known.sum(axis=0), 1)
    rng = np.random.default_rng(seed)
    drawn = np.empty((samples, 2))
    for sample in range(samples):
        drawn[sample] = means + draw_times(len(without), rng) @ of_songs + draw_times(len(users), rng) @ of_users
    return Measured(means, drawn)


def draw_times(items: int, rng: np.random.Generator) -> np.ndarray:
    """Draw as many items as there are, with replacement, and count how often each was drawn: int64 [items]."""
    return np.bincount(rng.integers(0, items, items), minlength=items)


@numba.njit(nogil=True, cache=False)
def _measure_without(
    scores, order, weight, kept, candidates, vector, users, starts, relevant, harmonic, cutoff, auc, ap
):  # fmt: skip
    """Write AUC and AP [chunk, groups] of a chunk of users without each group of songs.

    ``scores`` [chunk, d] are those of the distinct vectors, and ``order`` [chunk, d] sorts them from the highest.
    ``vector`` [songs] says which vector a song has, d if it has no prediction. ``kept`` [songs, groups] is 0 where a
    song is left out, ``weight`` [d + 1, groups] the number of kept songs with a vector, and ``candidates`` [groups]
    that of all kept songs.

    The expected sum of precisions in a group of n tied songs, r of them relevant, below s other songs of which R are
    relevant, is (see ``coldwave.evaluation.ranking``)

        r / n · Σ_i (R + 1 + (i - 1) b) / (s + i) = r / n · (b m + (R + 1 - b (s + 1)) (H(s + m) - H(s))),

    i = 1 … m = min(n, cutoff - s), with b = (r - 1) / (n - 1) and harmonic numbers H.
    """
    groups, vectors = candidates.size, scores.shape[1]
    rank = np.empty(vectors + 1, np.int64)
    counts = np.empty((5, groups), np.int32)
    total, above, before, tied, hits = counts[0], counts[1], counts[2], counts[3], counts[4]
    sums = np.empty((2, groups))
    half_pairs, precisions = sums[0], sums[1]
    for row in range(users.size):
        own = relevant[starts[users[row]] : starts[users[row] + 1]]
        for place in range(vectors):
            rank[order[row, place]] = place
        rank[vectors] = vectors
        places = np.empty(own.size, np.int64)  # each relevant song's rank and its place among them, as one number
        counts[:], sums[:] = 0, 0
        for pair in range(own.size):
            places[pair] = rank[vector[own[pair]]] << 32 | pair
            _add(total, kept[own[pair]])
        places.sort()
        place, pair = 0, 0
        while pair < own.size:
            # the songs that tie, from here on; those without a prediction come last
            after = place + 1
            while after < vectors and scores[row, order[row, after]] == scores[row, order[row, place]]:
                after += 1
            for group in range(groups):
                tied[group], hits[group] = 0, 0
            for one in range(place, after):
                _add(tied, weight[order[row, one] if one < vectors else vectors])
            place = after
            while pair < own.size and places[pair] >> 32 < after:
                _add(hits, kept[own[places[pair] & 0xFFFFFFFF]])
                pair += 1
            for group in range(groups):
                n, r, s = tied[group], hits[group], above[group]
                if r > 0:
                    below = (candidates[group] - total[group]) - (s - before[group]) - (n - r)
                    half_pairs[group] += float(r) * (2 * below + n - r)
                    m = min(n, cutoff - s)
                    if m > 0:
                        b = (r - 1) / (n - 1) if n > 1 else 0.0
                        first = before[group] + 1 - b * (s + 1)
                        precisions[group] += r / n * (b * m + first * (harmonic[s + m] - harmonic[s]))
            _add(above, tied)
            _add(before, hits)
        for group in range(groups):
            if total[group] > 0:
                ap[row, group] = precisions[group] / min(cutoff, total[group])
                others = candidates[group] - total[group]
                if others > 0:
                    auc[row, group] = half_pairs[group] / (2.0 * total[group] * others)


@numba.njit(nogil=True, cache=False)
def _add(sums, more):
    for group in range(sums.size):
        sums[group] += more[group]
