"""The catalogue of a song's artist: the other known songs, as lists of the same length or artist by artist."""

from collections.abc import Iterator

import numpy as np

EMPTY = -1  # where a list has no more songs


def list_others(artist: np.ndarray, known: np.ndarray, most: int) -> np.ndarray:
    """List for each song other known songs of its artist: int64 [songs, n], ``EMPTY`` where there are no more.

    A song never lists itself. Of an artist with more than ``most`` others, a known song lists those that follow it,
    around the end, so that each is listed equally often; any other song lists the first ones. n is the same whatever
    songs are not known.

    Parameters
    ----------
    artist : int [songs], numbers from 0; known : bool [songs]
    """
    order = np.flatnonzero(known)[np.argsort(artist[known], kind="stable")]
    count = np.bincount(artist[known], minlength=artist.max() + 1)
    begin = np.cumsum(count) - count
    place = np.full(len(artist), -1)
    place[order] = np.arange(len(order)) - begin[artist[order]]
    others = np.minimum(count[artist] - known, most)
    step = np.arange(1, min(count.max(initial=0), most) + 1)
    listed = begin[artist][:, None] + (place[:, None] + step) % np.maximum(count[artist], 1)[:, None]
    within = step <= others[:, None]
    return np.where(within, order[np.where(within, listed, 0)] if len(order) else EMPTY, EMPTY)


def by_artist(artist: np.ndarray, known: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the songs and the known songs of each artist that has known songs: int [m] and [n]."""
    order = np.argsort(artist, kind="stable")
    for songs in np.split(order, np.flatnonzero(np.diff(artist[order])) + 1):
        if known[songs].any():
            yield songs, songs[known[songs]]
