"""The songs of each user in the run's order, for a block of users at a time."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.evaluation.lists import tie_order
from coldwave.evaluation.ranking import missing_songs
from coldwave.evaluation.scoring import distinct_vectors, map_scores, users_of_chunk
from coldwave.use.models import Model

_CHUNKS = 8  # of users, that are held at once
_SIGN = np.uint32(1 << 31)

# From consecutive users [block] to what is not to be listed: rows of the block, and song numbers.
Heard = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class Block(NamedTuple):
    """The songs of some users, best first.

    ``users``, ``songs``, ``ranks`` (from 1): int64 [pairs]. ``scores``: float32 [pairs], NaN for a song without a
    prediction, which comes last.
    """

    users: np.ndarray
    songs: np.ndarray
    ranks: np.ndarray
    scores: np.ndarray


class Candidates(NamedTuple):
    """Songs that are ranked, in the order in which the run lists those that tie.

    ``songs`` int64 [candidates], ``columns`` int64 [scored], of each of the first of them in ``distinct`` float32
    [d, k]; those without a prediction follow.
    """

    songs: np.ndarray
    columns: np.ndarray
    distinct: np.ndarray


def candidates(vectors: np.ndarray, songs: np.ndarray, song_ids: pl.Series) -> Candidates:
    """Take ``songs`` (numbers) as candidates, by their vectors float [songs, k] and the ids of all songs.

    Raises
    ------
    InputError
        A vector is neither finite nor all NaN.
    """
    rows = np.asarray(vectors[songs])
    try:
        missing = missing_songs(rows)
    except ValueError as error:
        raise InputError(f"the vectors cannot be ranked: {error}") from error
    distinct, group, _ = distinct_vectors(rows, missing)
    order = tie_order(song_ids[songs.tolist()].to_list())
    order = np.concatenate([order[~missing[order]], order[missing[order]]])
    return Candidates(songs[order], group[order[: int((~missing).sum())]], distinct)


def ranked(
    model: Model, among: Candidates, users: np.ndarray, n: int | None = None, heard: Heard | None = None
) -> Iterator[Block]:
    """Rank songs for users (numbers), as the run's evaluation does.

    Parameters
    ----------
    n : songs of a user at most; None lists all, and those without a prediction after them
    heard : what is left out of songs with a prediction

    Raises
    ------
    InputError
        User vectors are not finite, or scores overflow.
    """
    scored = len(among.columns)
    number = len(among.songs) if n is None else min(n, len(among.songs))
    place_of = np.full(len(model.songs), -1)
    place_of[among.songs[:scored]] = np.arange(scored)

    def best(scores: np.ndarray, chunk: np.ndarray) -> Block:
        scores = scores[:, among.columns] + np.float32(0)  # which makes -0 and 0 one value
        if heard is not None:
            rows, songs = heard(chunk)
            kept = place_of[songs] >= 0
            scores[rows[kept], place_of[songs[kept]]] = -np.inf
        places = _first(scores, min(number, scored))
        found = np.take_along_axis(scores, places, axis=1)
        rest = np.arange(scored, number)
        places = np.concatenate([places, np.broadcast_to(rest, (len(chunk), len(rest)))], axis=1)
        found = np.concatenate([found, np.full((len(chunk), len(rest)), np.nan, np.float32)], axis=1)
        rows, columns = np.nonzero(found != -np.inf)
        return Block(chunk[rows], among.songs[places[rows, columns]], columns + 1, found[rows, columns])

    # Chunks as in the evaluation, so that sums have the same bits.
    step = users_of_chunk(len(among.distinct))
    try:
        for begin in range(0, len(users), _CHUNKS * step):
            some = users[begin : begin + _CHUNKS * step]
            yield from map_scores(best, some, model.users, among.distinct, users_at_once=step)
    except ValueError as error:
        raise InputError(f"model {model.name} cannot be ranked: {error}") from error


def _first(scores: np.ndarray, number: int) -> np.ndarray:
    """Find the columns of the highest scores of each row, the first of those that tie first: int64 [rows, number]."""
    # Float32 in descending order are these unsigned numbers in ascending order; the column breaks ties.
    bits = np.negative(scores).view(np.uint32)
    keys = np.where(bits & _SIGN, ~bits, bits | _SIGN).astype(np.uint64) << np.uint64(32)
    keys |= np.arange(scores.shape[1], dtype=np.uint64)
    if number < scores.shape[1]:
        keys = np.partition(keys, number, axis=1)[:, :number]
    return (np.sort(keys, axis=1) & np.uint64(0xFFFFFFFF)).astype(np.int64)
