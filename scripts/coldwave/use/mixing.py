"""Songs near some songs and not near others, in an order with as much variety as is asked for; and caps on a list."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

from coldwave.errors import InputError

POOL = 200  # nearest songs among which variety may choose: no farther song can enter before all of them
TIE = 0.01  # marginal relevances that differ by no more than this tie: nobody hears such a difference

SAME_RECORDING = "the same recording is in the list"
ENOUGH_OF_ARTIST = "enough songs of the artist are in the list"
ENOUGH_OF_ALBUM = "enough songs of the album are in the list"


def nearness(seeds: np.ndarray, others: np.ndarray | None, vectors: np.ndarray) -> np.ndarray:
    """Score songs by how near they are to ``seeds`` and how far from ``others``: float64 [n].

    The score of a song v is ``mean_s cos(v, s) - max(0, max_o cos(v, o))`` over the seeds s and the others o. The mean
    draws to what the seeds have in common; one other that a song resembles is enough to push the song back, and none
    draws a song to it by being its opposite. From -2 to 1; NaN for a song whose vector is not finite or is zero.

    Parameters
    ----------
    seeds : [k, d], k > 0
    others : [m, d], or None for none
    vectors : [n, d]

    Raises
    ------
    InputError
        There is no seed, or the vector of a seed or of an other is not finite or is zero.
    """
    if not len(seeds):
        raise InputError("no song to be near to: name at least one")
    unit = unit_vectors(vectors)
    score = unit @ _known(seeds, "to be near to").mean(axis=0)
    if others is None or not len(others):
        return score
    return score - np.maximum(0, (unit @ _known(others, "not to be near to").T).max(axis=1))


def near(
    seeds: np.ndarray,
    others: np.ndarray | None,
    vectors: np.ndarray,
    *,
    variety: float = 0.0,
    seed: int = 0,
    among: np.ndarray | None = None,
) -> np.ndarray:
    """Order songs by their `nearness` to ``seeds`` and not to ``others``: the rows of ``vectors``, int64 [<= n].

    Without variety the order is that of the scores, highest first, equal ones by row. With it the ``POOL`` nearest come
    in the order of maximal marginal relevance (Carbonell and Goldstein 1998): again and again the song with the highest
    ``(1 - variety) * score - variety * max_c cos(v, c)`` over the songs c taken already. Those within ``TIE`` of it
    tie, and ``seed`` draws one of them. The nearest song comes first, and all songs beyond the pool follow by score. So
    the first songs are the same however many are taken.

    Songs without a vector (not finite, or zero) are left out.

    Parameters
    ----------
    seeds, others, vectors : as for `nearness`
    variety : from 0 to 1
    among : bool [n], the songs that take part; None for all

    Raises
    ------
    InputError
        As `nearness`, or variety is not from 0 to 1.
    """
    if not 0 <= variety <= 1:
        raise InputError(f"variety: {variety} is not from 0 (the nearest songs) to 1 (songs as different as can be)")
    score = nearness(seeds, others, vectors)
    usable = np.isfinite(score) if among is None else np.isfinite(score) & among
    rows = np.flatnonzero(usable)
    order = rows[np.argsort(-score[rows], kind="stable")]
    if variety == 0 or not len(order):
        return order
    pool = order[:POOL]
    places = _varied(score[pool], unit_vectors(vectors[pool]), variety, np.random.default_rng(seed))
    return np.concatenate([pool[places], order[POOL:]])


def _varied(score: np.ndarray, unit: np.ndarray, variety: float, random: np.random.Generator) -> np.ndarray:
    """Order songs by maximal marginal relevance; the first one stays first."""
    chosen = [0]
    left = np.arange(1, len(score))
    likeness = unit @ unit[0]  # to the most alike of those chosen
    while len(left):
        relevance = (1 - variety) * score[left] - variety * likeness[left]
        best = random.choice(left[relevance >= relevance.max() - TIE])
        chosen.append(best)
        left = left[left != best]
        likeness = np.maximum(likeness, unit @ unit[best])
    return np.array(chosen)


class Limited(NamedTuple):
    """Songs of a list [<= n], and for each reason how many songs before the last of them were passed over."""

    chosen: np.ndarray
    skipped: dict[str, int]


def limit(
    order: Sequence[int] | np.ndarray,
    artists: Sequence[Hashable],
    albums: Sequence[Hashable],
    recordings: Sequence[Hashable],
    per_artist: int | None,
    per_album: int | None,
    n: int | None,
) -> Limited:
    """Take the first ``n`` songs of an order, each recording once and only so many of an artist and of an album.

    A song passed over counts for the first reason that holds: its recording, then its artist, then its album. What is
    None is not known, and limits nothing. An album is one by its artist and its title: many have the same title.

    Parameters
    ----------
    order : rows of songs, the best first
    artists, albums, recordings : of all songs, by row
    per_artist, per_album, n : None for as many as there are
    """
    chosen: list[int] = []
    by_artist, by_album, heard, skipped = Counter(), Counter(), set(), Counter()
    for row in map(int, order):
        if n is not None and len(chosen) >= n:
            break
        artist, recording = artists[row], recordings[row]
        album = None if albums[row] is None else (artist, albums[row])
        if recording is not None and recording in heard:
            skipped[SAME_RECORDING] += 1
        elif artist is not None and per_artist is not None and by_artist[artist] >= per_artist:
            skipped[ENOUGH_OF_ARTIST] += 1
        elif album is not None and per_album is not None and by_album[album] >= per_album:
            skipped[ENOUGH_OF_ALBUM] += 1
        else:
            chosen.append(row)
            heard.add(recording)
            by_artist[artist] += 1
            by_album[album] += 1
    return Limited(np.array(chosen, dtype=np.int64), dict(skipped))


def unit_vectors(vectors: np.ndarray) -> np.ndarray:
    """Divide each row by its length: float64 [n, d]; NaN where the row is not finite or is zero."""
    vectors = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(np.isfinite(lengths) & (lengths > 0), lengths, np.nan)


def _known(vectors: np.ndarray, which: str) -> np.ndarray:
    unit = unit_vectors(vectors)
    if not np.isfinite(unit).all():
        raise InputError(f"a song {which} has no vector: its audio is not known or cannot be used; name another")
    return unit
