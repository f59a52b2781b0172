"""Measures of users' lists: how many songs and artists they hold, and how well known the songs are.

A list is the first songs of a user's ranking. A hash of the song ids orders songs that tie, the same for every user, so
lists depend neither on the order of rows nor on the order of songs in a table.
"""

from collections.abc import Sequence

import numpy as np

from coldwave.split.groups import hash_fractions

_USERS_AT_ONCE = 2**16


def tie_order(song_ids: Sequence[str]) -> np.ndarray:
    """Order songs by a hash of their ids: positions, int64 [songs]."""
    return np.argsort(hash_fractions(song_ids, "songs that tie"), kind="stable")


def artist_numbers(artists: Sequence[str | None]) -> np.ndarray:
    """Number the artists, ignoring case and spacing in their names: int64 [songs].

    A song without an artist's name gets a number of its own.
    """
    numbers: dict[str | int, int] = {}
    keys = [
        " ".join(artist.casefold().split()) if artist and artist.strip() else place
        for place, artist in enumerate(artists)
    ]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def times_listed(lists: np.ndarray, songs: int) -> np.ndarray:
    """Count the lists that hold each song: int64 [songs], from lists of positions [users, length] (-1 for none)."""
    return np.bincount(lists[lists >= 0], minlength=songs)


def artist_diversity(lists: np.ndarray, artists: np.ndarray) -> np.ndarray:
    """Divide the number of artists in each list by its length: float64 [users], NaN for a user without a list.

    ``artists`` : the number of each song's artist, int64 [songs].
    """
    sizes = np.full(len(lists), np.nan)
    users = np.flatnonzero((lists >= 0).all(axis=1)) if lists.shape[1] else np.empty(0, np.int64)
    for chunk in np.array_split(users, len(users) // _USERS_AT_ONCE + 1):
        listed = np.sort(artists[lists[chunk]], axis=1)
        sizes[chunk] = (1 + (listed[:, 1:] != listed[:, :-1]).sum(axis=1)) / lists.shape[1]
    return sizes


def novelty(lists: np.ndarray, popularity: np.ndarray) -> np.ndarray:
    """Average the self-information of each list's songs in bits: -log2 of the share of users who have played a song.

    float64 [users], NaN for a user without a list. ``popularity`` : that share for each song, in (0, 1], [songs].
    """
    information = -np.log2(popularity)
    total = np.zeros(len(lists))
    for column in lists.T:  # a column at a time: no array of lists in double precision
        total += np.where(column >= 0, information[column], np.nan)
    return total / lists.shape[1] if lists.shape[1] else np.full(len(lists), np.nan)


def coverage(listed: np.ndarray) -> float:
    """Share of the songs that are in at least one list."""
    return float(np.mean(listed > 0))


def gini(listed: np.ndarray) -> float:
    """Gini coefficient of how often songs are listed: 0 if all are listed as often, near 1 if a few fill the lists."""
    values = np.sort(np.asarray(listed, np.float64))
    total, number = values.sum(), len(values)
    if total == 0:
        return 0.0
    return float((2 * np.arange(1, number + 1) - number - 1) @ values / (number * total))
