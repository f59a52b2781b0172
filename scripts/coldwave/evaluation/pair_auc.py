"""How a model ranks the pairs of each type (``coldwave.evaluation.pair_types``), and how much that depends on songs.

For each user all pairs are compared once. How a user's shares change without a song follows from the pairs that the
song is in. So nothing is ranked again, and each song is left out by itself: that takes users x songs x songs played.
"""

from typing import NamedTuple

import numba
import numpy as np

from coldwave.evaluation.pair_rows import ALIKE, TYPES
from coldwave.evaluation.pair_types import Pairs
from coldwave.evaluation.ranking import Standing, measure, missing_songs
from coldwave.evaluation.scoring import distinct_vectors, map_scores

_USERS_AT_ONCE = 128


class PairAuc(NamedTuple):
    """How the pairs of a model are ranked.

    ``won``, ``pairs``: float64 [users, types], the pairs of each type that are ranked rightly, ties counting one half,
    and all pairs of the type, both divided by all pairs of the user.
    ``won_without``, ``pairs_without``: float64 [songs, 2, types], their sums over users without each song, plain and
    with the users' signs.
    ``value``: int32 [3, played songs], the properties of each played song: whether it is familiar, whether its artist
    is known, and its number among alike songs. ``above``, ``tied``, ``size``: the songs that share the property: those
    above it, those that tie with it, itself included, and all.
    """

    won: np.ndarray
    pairs: np.ndarray
    won_without: np.ndarray
    pairs_without: np.ndarray
    value: np.ndarray
    above: np.ndarray
    tied: np.ndarray
    size: np.ndarray


def rank_pairs(pairs: Pairs, user_vectors: np.ndarray, song_vectors: np.ndarray, threads: int = 1) -> PairAuc:
    """Rank all pairs by the scores of a model, of which a song without a prediction has the lowest.

    Parameters
    ----------
    user_vectors, song_vectors
        Of all users and all songs of the run: real [users, k] and [songs, k]; a row of NaN is a missing prediction.
    threads
        Changes the time, not a bit of the result.

    Raises
    ------
    ValueError
        Vectors are not finite or overflow float32.
    """
    vectors = song_vectors[pairs.songs]
    distinct, group, _ = distinct_vectors(vectors, missing_songs(vectors))
    users, songs = len(pairs.users), len(vectors)
    shares = np.zeros((2, users, TYPES))
    places = np.zeros((4, 3, len(pairs.relevant)), np.int32)

    def compare(scores: np.ndarray, chunk: np.ndarray) -> np.ndarray:
        changes = np.zeros((songs, 2, 2, TYPES))
        given = pairs.known, pairs.cells, pairs.starts, pairs.relevant, pairs.signs
        _compare(scores, group, chunk, pairs.familiar(chunk), *given, shares, places, changes)
        return changes

    signs = np.stack([np.ones(users), pairs.signs])
    changes = np.zeros((songs, 2, 2, TYPES))
    for found in map_scores(compare, np.arange(users), user_vectors[pairs.users], distinct, threads, _USERS_AT_ONCE):
        changes += found
    won, number = (signs @ each + changes[:, :, kind] for kind, each in enumerate(shares))
    return PairAuc(*shares, won, number, *places)


def map_within(pairs: Pairs, found: PairAuc, cutoff: int) -> dict[tuple[int, int], float]:
    """Rank the songs that share a property among themselves, and compute mAP: from property and value to mAP.

    ``(FAMILIARITY, 1)`` is that of familiar songs, ``(ARTIST, 1)`` that of songs by known artists; 0 of the others.
    ``(ALIKE, 0)`` is the mean over a user's groups of alike songs, weighted by the songs played, then over users. A
    user counts who has played some and not all of these songs; without any, there is no mAP.
    """
    user = np.repeat(np.arange(len(pairs.users)), np.diff(pairs.starts))
    means = {}
    for what, value in enumerate(found.value):
        order = np.lexsort((value, user))
        groups, begin, number = np.unique(
            np.stack([user, value])[:, order], axis=1, return_index=True, return_counts=True
        )
        standing = Standing(found.above[what][order], found.tied[what][order], np.empty(0))
        ranking = measure(standing, np.append(begin, len(order)), found.size[what][order][begin], cutoff)
        told = np.isfinite(ranking.auc)
        of_user, of_value, weight, ap = groups[0, told], groups[1, told], number[told], ranking.ap[told]
        if what == ALIKE:
            of_value = np.zeros_like(of_value)
        for one in np.unique(of_value).tolist():
            here = of_value == one
            total, weights = (
                np.bincount(of_user[here], weights=each[here]) for each in (ap * weight, weight.astype(float))
            )
            means[what, one] = float(np.mean(total[weights > 0] / weights[weights > 0]))
    return means


@numba.njit(nogil=True, cache=False)
def _compare(scores, group, users, familiar, known, cells, starts, relevant, signs, shares, places, changes):
    """Write the shares [won or all, users, types] and the places of a chunk of users, and add what each song changes.

    ``scores`` [chunk, d] are those of the distinct vectors, ``group`` [songs] says which a song has, -1 for none.
    ``familiar`` [chunk, songs], ``known`` and ``cells`` [songs] are the properties. ``places`` [4, 3, played] are
    value, above, tied and size. ``changes`` [songs, plain or signed, won or all, types] are of the user's shares
    without the song.
    """
    songs = group.size
    value, other, like = np.empty(songs, scores.dtype), np.empty(songs, np.int32), np.empty(songs, np.int32)
    lost = np.empty((5, songs), np.int32)  # to played songs: by property, 0 and 1; to those that are alike
    label = np.empty((3, songs), np.int32)
    number = np.empty((2, 2, 2))  # songs by property, those played first
    halves = np.empty((2, songs, TYPES))  # half pairs that a song is in, those won by the played song and all
    sums, won = np.empty((2, TYPES)), np.empty(6, np.int32)
    for row in range(users.size):
        user = users[row]
        own = relevant[starts[user] : starts[user + 1]]
        for song in range(songs):
            value[song] = scores[row, group[song]] if group[song] >= 0 else -np.inf
            label[0, song], label[1, song], label[2, song] = familiar[row, song], known[song], cells[song]
        other[:], like[:], lost[:], number[:], halves[:] = 1, 0, 0, 0.0, 0.0
        other[own] = 0
        for song in range(songs):
            for what in range(2):
                number[what, other[song], label[what, song]] += 1
        for place in range(own.size):
            one, pair = own[place], starts[user] + place
            familiar_lost, known_lost = lost[label[0, one]], lost[2 + label[1, one]]
            _win(value, value[one], other, label, label[2, one], familiar_lost, known_lost, lost[4], like, won)
            for what in range(3):
                _stand(value, value[one], label[what], label[what, one], places[:, what, pair])
            for what in range(2):
                for kind in range(2):
                    pair_type = 4 * what + 2 * label[what, one] + kind
                    halves[0, one, pair_type] = won[2 * what + kind]
                    halves[1, one, pair_type] = 2 * number[what, 1, kind]
            halves[0, one, TYPES - 1], halves[1, one, TYPES - 1] = won[4], 2 * won[5]
        for song in range(songs):
            if other[song]:
                for what in range(2):
                    for kind in range(2):
                        pair_type = 4 * what + 2 * kind + label[what, song]
                        halves[0, song, pair_type] = lost[2 * what + kind, song]
                        halves[1, song, pair_type] = 2 * number[what, 0, kind]
                halves[0, song, TYPES - 1], halves[1, song, TYPES - 1] = lost[4, song], 2 * like[song]

        all_halves = 2.0 * own.size * (songs - own.size)
        sums[:] = 0.0
        for one in own:
            sums += halves[:, one]
        shares[:, user] = sums / all_halves
        for song in range(songs):
            without = all_halves - 2.0 * (own.size if other[song] else songs - own.size)
            for kind in range(2):
                for pair_type in range(TYPES):
                    share = (sums[kind, pair_type] - halves[kind, song, pair_type]) / without if without else 0.0
                    change = share - shares[kind, user, pair_type]
                    changes[song, 0, kind, pair_type] += change
                    changes[song, 1, kind, pair_type] += signs[user] * change


@numba.njit(nogil=True, cache=False)
def _win(value, own, other, label, cell, lost_familiar, lost_known, lost_alike, like, wins):
    """Add to what unplayed songs lose to a played one, of score ``own`` and in ``cell``. Write the half pairs that it
    wins, by property of the others, and from alike others, and how many others are alike.

    Kept in 32 bits, so that it becomes SIMD code.
    """
    familiar, known, cells = label[0], label[1], label[2]
    zero, one, two = np.int32(0), np.int32(1), np.int32(2)
    won, familiar_won, known_won, alike_won, alike_others = zero, zero, zero, zero, zero
    for song in range(value.size):
        half = two if value[song] < own else (one if value[song] == own else zero)
        half = np.int32(half * other[song])
        same = one if cells[song] == cell else zero
        alike = np.int32(half * same)
        lost_familiar[song] = np.int32(lost_familiar[song] + half)
        lost_known[song] = np.int32(lost_known[song] + half)
        lost_alike[song] = np.int32(lost_alike[song] + alike)
        like[song] = np.int32(like[song] + same)
        won = np.int32(won + half)
        familiar_won = np.int32(familiar_won + np.int32(half * familiar[song]))
        known_won = np.int32(known_won + np.int32(half * known[song]))
        alike_won = np.int32(alike_won + alike)
        alike_others = np.int32(alike_others + np.int32(same * other[song]))
    wins[0], wins[1], wins[2], wins[3] = won - familiar_won, familiar_won, won - known_won, known_won
    wins[4], wins[5] = alike_won, alike_others


@numba.njit(nogil=True, cache=False)
def _stand(value, own, label, mine, place):
    """Write the label of a played song, and how many songs of this label are above it, tie with it, and are."""
    above, tied, size = np.int32(0), np.int32(0), np.int32(0)
    zero, one = np.int32(0), np.int32(1)
    for song in range(value.size):
        same = one if label[song] == mine else zero
        above = np.int32(above + (same if value[song] > own else zero))
        tied = np.int32(tied + (same if value[song] == own else zero))
        size = np.int32(size + same)
    place[0], place[1], place[2], place[3] = mine, above, tied, size
