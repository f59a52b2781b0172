"""Recommend songs to a listener."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.use.because import reasons
from coldwave.use.excluding import ALL, candidates, excluded
from coldwave.use.listeners import Listener
from coldwave.use.picking import pick
from coldwave.use.recordings import Recordings
from coldwave.use.resources import Resources
from coldwave.use.scoring import PLAYS, SOUND, Scorer


class Recommended(NamedTuple):
    """Recommended songs, and how they were found.

    Attributes
    ----------
    table : ``rank``, ``song``, ``song_id``, ``title``, ``artist``, ``score``, ``by`` ("sound" or "plays": what the song
        is scored by), and the columns of ``coldwave.use.because.REASONS``: the song of the history that carries most of
        the score, and tags in common
    model : the model's name; "sound" if songs are compared by their features alone
    seed : with which it was trained
    notes : how it was chosen and what was set aside, in sentences
    """

    table: pl.DataFrame
    model: str
    seed: int | None
    notes: list[str]


def recommend(
    resources: Resources,
    user: str | None,
    plays: Mapping[str, float] | None,
    n: int,
    among: str | Sequence[str],
    per_artist: int | None,
    exclude: Iterable[str],
    model: str | None,
    seed: int | None,
    by: str,
) -> Recommended:
    """Recommend songs, as `coldwave.use.run.Run.recommend` says."""
    if n < 1 or (per_artist is not None and per_artist < 1):
        raise InputError(f"n: {n}, per_artist: {per_artist}: numbers above 0 are needed")
    songs, chosen = resources.files.songs, resources.chosen(model, seed, by)
    listener = resources.listener(user, plays, chosen)
    allowed = candidates(songs, listener.songs, among) & ~excluded(songs, exclude)
    recordings = resources.recordings(chosen.model)
    if among != ALL:
        recordings.add(listener.songs.tolist())
    table, lacking, tied = ranked(songs, chosen.scorer, listener, allowed, recordings, n, per_artist)
    notes = [*chosen.notes, *listener.notes]
    if tied:
        notes.append(f"All songs tie: {chosen.name} tells none from another for this listener.")
    if lacking:
        notes.append(f"{lacking:,} songs cannot be scored by {chosen.name}: no usable audio, plays or scores.")
    return Recommended(table, chosen.name, chosen.model.seed if chosen.model else None, notes)


class Ranked(NamedTuple):
    """The ``table`` of `Recommended`, how many songs that are allowed cannot be scored, and whether the others tie."""

    table: pl.DataFrame
    lacking: int
    tied: bool


def ranked(
    songs: pl.DataFrame,
    scorer: Scorer,
    listener: Listener,
    allowed: np.ndarray,
    recordings: Recordings,
    n: int,
    per_artist: int | None,
) -> Ranked:
    """List the best of the songs that are allowed, with reasons.

    Parameters
    ----------
    songs : table ``song``, ``song_id``, ``title``, ``artist``, ``tags``, row n that of song n
    allowed : bool [songs]
    recordings : those that are not to be recommended
    """
    scores = scorer.scores(listener.vector)
    found = pick(scores, allowed, recordings, n, per_artist)
    places = np.array(found, dtype=np.int64)
    table = songs[found].select("song", "song_id", "title", "artist")
    table = table.with_columns(
        score=pl.Series(scores[places], dtype=pl.Float64),
        by=pl.Series([PLAYS if by_plays else SOUND for by_plays in scorer.by_plays[places]], dtype=pl.String),
    ).with_row_index("rank", offset=1)
    table = pl.concat([table, reasons(songs, listener, scorer, places)], how="horizontal")
    known = allowed & np.isfinite(scores)
    tied = len(found) > 1 and scores[found[0]] == scores[found[-1]]  # which is rare, and spares a look at all
    return Ranked(table, int((allowed & ~known).sum()), tied and bool((scores[known] == scores[found[0]]).all()))
