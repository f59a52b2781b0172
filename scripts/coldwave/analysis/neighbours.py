"""The nearest songs by the cosine of usage patterns (table 4 of the paper), and how often they share an artist."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.progress import track

NEIGHBOURS = {
    "vectors": pl.String,
    "query": pl.UInt32,
    "query_id": pl.String,
    "rank": pl.UInt32,
    "song": pl.UInt32,
    "song_id": pl.String,
    "artist": pl.String,
    "title": pl.String,
    "cosine": pl.Float64,
}
ARTISTS = {
    "vectors": pl.String,
    "queries": pl.UInt32,
    "neighbours": pl.UInt32,
    "same_artist": pl.Float64,
    "chance": pl.Float64,
    "artists": pl.Float64,
}
QUERIES = 4  # as many as the paper shows, where the config names none
DECIMALS = 6  # to which cosines are compared
BLOCK = 64  # values, of which the highest is looked at first
_COSINES_AT_ONCE = 1 << 24


def highest(values: np.ndarray, number: int) -> np.ndarray:
    """Find the places of the ``number`` highest values, float [n], highest first; ties go to the first places.

    int [number]; ``number`` is from 1 to n.
    """
    near = near_highest(values, number)
    own = values[near]
    least = np.partition(own, -number)[-number]
    places = near[own >= least]
    return places[np.argsort(-values[places], kind="stable")][:number]


def near_highest(values: np.ndarray, number: int, within: float = 0.0) -> np.ndarray:
    """Find the places of all values that are at most ``within`` below the ``number`` highest, and of some others.

    The maxima of blocks of values tell how high the ``number`` highest are at least, in a fraction of the time that a
    partition of all values takes.

    Returns
    -------
    int, in increasing order
    """
    blocks = len(values) // BLOCK
    if blocks < number:
        return np.arange(len(values))
    maxima = values[: blocks * BLOCK].reshape(BLOCK, blocks).max(axis=0)
    return np.flatnonzero(values >= np.partition(maxima, -number)[-number] - within)


def nearest(
    units: np.ndarray,
    queries: np.ndarray,
    candidates: np.ndarray,
    number: int,
    groups: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the candidates with the highest cosine to each query, except itself; ties go to the first.

    Cosines are compared to six decimals, so that rounding does not order songs with the same vector.

    Parameters
    ----------
    units : float32 [songs, k], of unit length
    queries, candidates : int [q] and int [c], songs; candidates in increasing order
    groups : int [songs]; with it, candidates of the query's own group are left out

    Returns
    -------
    songs int64 [q, number], -1 if there are no more, and their cosines float64 [q, number], NaN there
    """
    found = np.full((len(queries), number), -1, dtype=np.int64)
    cosines = np.full((len(queries), number), np.nan)
    transposed = np.ascontiguousarray(units[candidates].T)
    step = max(1, _COSINES_AT_ONCE // max(1, len(candidates)))
    for begin in range(0, len(queries), step):
        block = queries[begin : begin + step]
        scores = np.round(units[block] @ transposed, DECIMALS)
        for row, query in enumerate(block):
            own = scores[row]
            own[candidates == query] = -np.inf
            if groups is not None:
                own[groups[candidates] == groups[query]] = -np.inf
            keep = min(number, int((own > -np.inf).sum()))
            if keep == 0:
                continue
            places = highest(own, keep)
            found[begin + row, :keep], cosines[begin + row, :keep] = candidates[places], own[places]
    return found, cosines


def chosen_queries(
    songs: pl.DataFrame, test: np.ndarray, usable: np.ndarray, artist: np.ndarray, wanted: Sequence[str] | None
) -> np.ndarray:
    """Choose the songs to show neighbours of: those named, or the most played test songs of different artists.

    Parameters
    ----------
    songs : table ``song_id``, ``plays``; test, usable : bool [songs]; artist : int [songs]
    wanted : ids of songs, or None; of those named, songs that are not usable are left out

    Raises
    ------
    InputError
        No song has one of the ids.
    """
    if wanted is not None:
        places = {song_id: song for song, song_id in enumerate(songs["song_id"])}
        if unknown := [song_id for song_id in wanted if song_id not in places]:
            raise InputError(f"analysis.neighbours.queries: no song has the id {unknown[0]!r}")
        return np.array([places[song_id] for song_id in wanted if usable[places[song_id]]], dtype=np.int64)
    eligible = np.flatnonzero(test & usable)
    eligible = eligible[np.argsort(-songs["plays"].to_numpy()[eligible].astype(np.int64), kind="stable")]
    _, first = np.unique(artist[eligible], return_index=True)
    return eligible[np.sort(first)[:QUERIES]]


def neighbour_table(
    songs: pl.DataFrame,
    units: Mapping[str, np.ndarray],
    queries: np.ndarray,
    candidates: np.ndarray,
    number: int,
    groups: np.ndarray | None,
) -> pl.DataFrame:
    """List the neighbours of some songs by each kind of vectors: a table ``NEIGHBOURS`` (see `nearest`).

    ``songs`` is a table ``song_id``, ``title``, ``artist``; ``units`` holds float32 [songs, k] by name.
    """
    ids, titles, artists = (songs[column].to_list() for column in ("song_id", "title", "artist"))
    rows = []
    for name, vectors in units.items():
        found, cosines = nearest(vectors, queries, candidates, number, groups)
        for query, places, values in zip(queries.tolist(), found.tolist(), cosines.tolist(), strict=True):
            rows += [
                (name, query, ids[query], rank, song, ids[song], artists[song], titles[song], cosine)
                for rank, (song, cosine) in enumerate(zip(places, values, strict=True), start=1)
                if song >= 0
            ]
    return pl.DataFrame(rows, schema=NEIGHBOURS, orient="row")


def artist_table(
    units: Mapping[str, np.ndarray],
    queries: np.ndarray,
    candidates: np.ndarray,
    number: int,
    artist: np.ndarray,
    known: np.ndarray,
) -> pl.DataFrame:
    """Measure how often a neighbour is by the query's artist, and how many artists the neighbours of a query have.

    Parameters
    ----------
    units : float32 [songs, k] by name; queries, candidates : int, songs
    artist : int [songs]; known : bool [songs], whether the song has one. A query without an artist is left out.

    Returns
    -------
    table ``ARTISTS``; ``chance`` is the share of candidates that are by the query's artist. Null without any query.
    """
    queries = queries[known[queries]]
    of_artist = np.bincount(artist[candidates], minlength=artist.max(initial=0) + 1)
    others = of_artist[artist[queries]] - np.isin(queries, candidates)
    chance = float(np.mean(others / max(1, len(candidates) - 1))) if len(queries) else None
    rows = []
    for name, vectors in track(units.items(), "sets of vectors with neighbours counted", len(units)):
        found, _ = nearest(vectors, queries, candidates, number)
        there = found >= 0
        if not there.any():
            rows.append((name, 0, number, None, None, None))
            continue
        own = (artist[found] == artist[queries][:, None]) & there
        lists = [len(np.unique(artist[row[row >= 0]])) for row in found if (row >= 0).any()]
        rows.append((name, len(queries), number, own.sum() / there.sum(), chance, float(np.mean(lists))))
    return pl.DataFrame(rows, schema=ARTISTS, orient="row")
