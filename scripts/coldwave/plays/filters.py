"""Filters of users and songs. All functions work on arrays; an index is a position among sorted ids."""

import hashlib
from collections.abc import Iterable

import numpy as np

TOTAL_ROWS = 1 << 18  # counted at once: NumPy first copies them into 8 bytes each


def totals(index: np.ndarray, size: int, weight: np.ndarray | None = None) -> np.ndarray:
    """Sum the weights (or count the rows) of each index from 0 to ``size`` - 1: int64 [size].

    Exact: sums stay below 2^53 in a float64, for 2^21 counts of the largest size or 10^15 plays.
    """
    sums = np.zeros(size, dtype=np.int64 if weight is None else np.float64)
    step = max(TOTAL_ROWS, size)
    for begin in range(0, len(index), step):
        part = slice(begin, begin + step)
        sums += np.bincount(index[part], weights=None if weight is None else weight[part], minlength=size)
    return sums.astype(np.int64, copy=False)


def of_kept(user: np.ndarray, song: np.ndarray, users: np.ndarray, songs: np.ndarray) -> np.ndarray | slice:
    """Find the pairs of the users and songs that are kept, bool [users] and bool [songs].

    Returns bool [pairs]; or, where all are kept, a slice of all, as that takes no copy.
    """
    return slice(None) if users.all() and songs.all() else users[user] & songs[song]


def highest(score: np.ndarray, candidate: np.ndarray, wanted: int) -> np.ndarray:
    """Pick the ``wanted`` candidates of highest score (ties: lowest index first), or all: bool [n]."""
    places = np.flatnonzero(candidate)
    order = np.argsort(-score[places], kind="stable")
    picked = np.zeros(len(candidate), dtype=bool)
    picked[places[order[:wanted]]] = True
    return picked


def random_scores(ids: Iterable[str], seed: int) -> np.ndarray:
    """Hash each id to a number, int64 [n], that depends on the id and the seed alone.

    So an added user moves no user in or out, except the one that it displaces.
    """
    key = str(seed).encode()
    digests = b"".join(hashlib.blake2b(name.encode(), digest_size=8, key=key).digest() for name in ids)
    return (np.frombuffer(digests, dtype="<u8") >> np.uint64(1)).astype(np.int64)


def core(
    user: np.ndarray, song: np.ndarray, users: np.ndarray, songs: np.ndarray, min_users: int, min_songs: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Leave out songs of fewer than ``min_users`` users and users of fewer than ``min_songs`` songs until none is left.

    Parameters
    ----------
    user, song
        Indices [pairs] of unique pairs.
    users, songs
        bool: which ones there are to begin with; pairs of others are ignored.

    Returns
    -------
    users, songs
        bool: the largest sets in which every song has that many users, and every user that many songs.
    rounds
        The number of rounds that left something out.
    """
    users, songs = users.copy(), songs.copy()
    keep = of_kept(user, song, users, songs)
    user, song = user[keep], song[keep]
    rounds = 0
    while True:
        few_users = songs & (totals(song, len(songs)) < min_users)
        few_songs = users & (totals(user, len(users)) < min_songs)
        if not few_users.any() and not few_songs.any():
            return users, songs, rounds
        rounds += 1
        songs &= ~few_users
        users &= ~few_songs
        keep = of_kept(user, song, users, songs)
        user, song = user[keep], song[keep]
