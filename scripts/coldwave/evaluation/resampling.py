"""What AUC and mAP might have been with other users and other test songs: both are drawn again, with replacement.

Test songs are a sample as users are. All users share them, so a model's means depend on the songs more than their
spread over users tells. In each sample users and songs are drawn independently of each other: the pigeonhole bootstrap
of Owen (The pigeonhole bootstrap, Annals of Applied Statistics, 2007).

No song is copied. A user's scores are sorted once, and all samples are counted at the same time: a candidate weighs as
much as it was drawn. That takes users x songs x samples additions of small integers.
"""

import numba
import numpy as np

from coldwave.evaluation.ranking import check_vectors, distinct_vectors, map_scores, missing_songs


def resampled_measures(
    user_vectors: np.ndarray,
    song_vectors: np.ndarray,
    starts: np.ndarray,
    relevant: np.ndarray,
    cutoff: int,
    samples: int,
    seed: int,
    threads: int = 1,
) -> np.ndarray:
    """Compute mean AUC and mean AP at the cutoff in samples of users and songs: float64 [samples, 2].

    A song that is drawn w times is w candidates, which tie among themselves and are each relevant to those who have
    played it. A song that is not drawn is no candidate. Users with a relevant song are drawn; in a sample, those
    without a drawn relevant song are left out of its means, and out of that of AUC also those who have played every
    drawn song. A mean without users is NaN.

    The same seed and the same numbers of songs and of users with a relevant song give the same draws, whatever the
    vectors. So a row of one model can be compared with the same row of another.

    Parameters
    ----------
    user_vectors, song_vectors, starts, relevant, threads
        As in ``coldwave.evaluation.ranking.stand``.
    cutoff
        Length of the ranking that AP looks at.
    samples, seed
        Number of samples, and the seed that draws them.

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
    times_song, times_user = draw_times(songs, samples, rng), draw_times(len(users), samples, rng)

    missing = missing_songs(song_vectors)
    distinct, group, _ = distinct_vectors(song_vectors, missing)
    group[missing] = len(distinct)
    times_vector = np.zeros((len(distinct) + 1, samples), np.uint16)
    np.add.at(times_vector, group, times_song)
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, songs + 1))])
    row = np.full(len(user_vectors), -1)
    row[users] = np.arange(len(users))

    def count(scores: np.ndarray, chunk: np.ndarray) -> np.ndarray:
        sums = np.zeros((4, samples))
        times = times_user[row[chunk]]
        _resample(scores, times_vector, times_song, times, group, chunk, starts, relevant, harmonic, cutoff, sums)
        return sums

    sums = np.zeros((4, samples))
    for found in map_scores(count, users, user_vectors, distinct, threads):
        sums += found
    with np.errstate(invalid="ignore"):
        return np.stack([sums[0] / sums[1], sums[2] / sums[3]], axis=1)


def draw_times(items: int, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Draw as many items as there are, with replacement, and count how often each was drawn: uint8 [items, samples]."""
    times = np.empty((items, samples), np.uint8)
    for sample in range(samples):
        times[:, sample] = np.bincount(rng.integers(0, items, items), minlength=items)
    return times


@numba.njit(nogil=True, cache=False)
def _resample(
    scores, times_vector, times_song, times_user, group, users, starts, relevant, harmonic, cutoff, sums
):  # fmt: skip
    """Add to ``sums`` [4, samples] the AUC of a chunk of users and their number, and the same of AP.

    ``scores`` [chunk, d] are those of the distinct vectors. ``times_vector`` [d + 1, samples] is how often songs with
    a vector were drawn; the last row is for songs without a prediction. ``times_user`` [chunk, samples].

    The expected sum of precisions in a group of n tied songs, r of them relevant, below s other songs of which R are
    relevant, is (see ``coldwave.evaluation.ranking``)

        r / n · Σ_i (R + 1 + (i - 1) b) / (s + i) = r / n · (b m + (R + 1 - b (s + 1)) (H(s + m) - H(s))),

    i = 1 … m = min(n, cutoff - s), with b = (r - 1) / (n - 1) and harmonic numbers H.
    """
    samples, songs = sums.shape[1], group.size
    vectors = scores.shape[1]
    rank = np.empty(vectors + 1, np.int64)
    total, above, before = np.empty(samples, np.int32), np.empty(samples, np.int32), np.empty(samples, np.int32)
    tied, hits = np.empty(samples, np.int32), np.empty(samples, np.int32)
    half_pairs, precisions = np.empty(samples), np.empty(samples)
    for row in range(users.size):
        own = relevant[starts[users[row]] : starts[users[row] + 1]]
        order = np.argsort(-scores[row])
        for place in range(vectors):
            rank[order[place]] = place
        rank[vectors] = vectors
        ranks = np.empty(own.size, np.int64)
        for pair in range(own.size):
            ranks[pair] = rank[group[own[pair]]]
        by_rank = np.argsort(ranks)

        total[:], above[:], before[:], half_pairs[:], precisions[:] = 0, 0, 0, 0.0, 0.0
        for pair in range(own.size):
            total += times_song[own[pair]]
        place, pair = 0, 0
        while pair < own.size:
            # the songs that tie, from here on; those without a prediction come last
            after = place + 1
            while place < vectors and after < vectors and scores[row, order[after]] == scores[row, order[place]]:
                after += 1
            if ranks[by_rank[pair]] >= after:
                for one in range(place, after):
                    above += times_vector[order[one]]
                place = after
                continue
            tied[:], hits[:] = 0, 0
            for one in range(place, after):
                tied += times_vector[order[one] if one < vectors else vectors]
            while pair < own.size and ranks[by_rank[pair]] < after:
                hits += times_song[own[by_rank[pair]]]
                pair += 1
            for sample in range(samples):
                n, r, s = tied[sample], hits[sample], above[sample]
                if r == 0:
                    continue
                below = (songs - total[sample]) - (s - before[sample]) - (n - r)
                half_pairs[sample] += float(r) * (2 * below + n - r)
                m = min(n, cutoff - s)
                if m > 0:
                    b = (r - 1) / (n - 1) if n > 1 else 0.0
                    first = before[sample] + 1 - b * (s + 1)
                    precisions[sample] += r / n * (b * m + first * (harmonic[s + m] - harmonic[s]))
            above += tied
            before += hits
            place = after
        for sample in range(samples):
            relevant_songs, times = total[sample], times_user[row, sample]
            if relevant_songs > 0 and times > 0:
                sums[2, sample] += times * precisions[sample] / min(cutoff, relevant_songs)
                sums[3, sample] += times
                if relevant_songs < songs:
                    sums[0, sample] += times * half_pairs[sample] / (2.0 * relevant_songs * (songs - relevant_songs))
                    sums[1, sample] += times
