"""Pairs of a song that a user has played and one that the user has not, and how far each part of a blend parts them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MOST_USERS = 2000  # that judge, evenly spread
MOST_PAIRS = 1 << 21
_SCORES_AT_ONCE = 1 << 22


class Pairs(NamedTuple):
    """Pairs, sorted by user: ``user``, ``played`` and ``unplayed`` int [pairs], rows of what they were drawn from."""

    user: np.ndarray
    played: np.ndarray
    unplayed: np.ndarray


def draw_pairs(users: np.ndarray, songs: np.ndarray, number: int, generator: np.random.Generator) -> Pairs:
    """Pair each play with the songs that its user has not played: with all, or with some that are drawn.

    Parameters
    ----------
    users, songs : int [plays], sorted by user, each pair once; the songs are rows below ``number``
    """
    judges = np.unique(users)
    spread = np.linspace(0, len(judges) - 1, min(len(judges), MOST_USERS)).astype(int)
    kept = np.isin(users, judges[spread])
    users, songs = users[kept].astype(np.int64), songs[kept].astype(np.int64)
    each = max(1, MOST_PAIRS // max(1, len(users)))
    if each < number:
        others = generator.integers(number, size=(len(users), each))
    else:
        others = np.broadcast_to(np.arange(number), (len(users), number))
    place, column = np.nonzero(~np.isin(users[:, None] * number + others, users * number + songs))
    return Pairs(users[place], songs[place], others[place, column])


def margins(
    pairs: Pairs, user_vectors: Sequence[np.ndarray], song_vectors: Sequence[np.ndarray], scales: np.ndarray
) -> np.ndarray:
    """Compute by how much each part scores the song played above the other: float64 [pairs, parts].

    Parameters
    ----------
    user_vectors, song_vectors : for each part [users, k] and [songs, k]; scales : [users, parts], of the scores
    """
    found = np.empty((len(pairs.user), len(song_vectors)))
    judges, begins = np.unique(pairs.user, return_index=True)
    ends = np.append(begins[1:], len(pairs.user))
    step = max(1, _SCORES_AT_ONCE // len(song_vectors[0]))
    for first in range(0, len(judges), step):
        chunk = judges[first : first + step]
        rows = slice(begins[first], ends[min(first + step, len(judges)) - 1])
        place = np.searchsorted(chunk, pairs.user[rows])
        for part, (own, songs) in enumerate(zip(user_vectors, song_vectors, strict=True)):
            scores = (own[chunk] * scales[chunk, part][:, None]) @ songs.T.astype(np.float64)
            found[rows, part] = scores[place, pairs.played[rows]] - scores[place, pairs.unplayed[rows]]
    return found
