"""Why songs are recommended, in short: the song of the history that carries most of each score, and shared tags."""

import numpy as np
import polars as pl

from coldwave.analysis.names import song_labels
from coldwave.use.listeners import Listener
from coldwave.use.scoring import Scorer


def shared_tags(one: list[str], other: list[str]) -> list[str]:
    """List the tags of a song that another has as well; case does not matter."""
    known = {tag.casefold() for tag in other}
    return [tag for tag in one if tag.casefold() in known]


def reasons(songs: pl.DataFrame, listener: Listener, scorer: Scorer, recommended: np.ndarray) -> pl.DataFrame:
    """Find the song of the history that carries most of each recommended song's score, if one raises it.

    Parameters
    ----------
    songs : of the run, row n that of song n
    recommended : songs, int [n]

    Returns
    -------
    table ``because_id``, ``because_title``, ``because_artist``, ``because_plays``, ``part`` (of the score), ``tags`` in
    common, and ``why``, in words; nulls if no song raises the score
    """
    nothing = (None, None, None, None, None, [], None)
    if not len(listener.songs):
        return pl.DataFrame([nothing] * len(recommended), schema=REASONS, orient="row")
    carried = listener.carried(scorer.rows(recommended))
    best = carried.argmax(axis=1)
    own = songs["tags"].gather(recommended.tolist()).to_list()
    others = songs[listener.songs[best].tolist()].select("song_id", "title", "artist", "tags")
    names, rows = song_labels(others), []
    for row, (song, (song_id, title, artist, tags)) in enumerate(
        zip(recommended.tolist(), others.iter_rows(), strict=True)
    ):
        part, count = float(carried[row, best[row]]), listener.counts[best[row]].item()
        if part <= 0:
            rows.append(nothing)
            continue
        said = "its listeners also play" if scorer.by_plays[song] else "sounds like"
        why = f"{said} {names[row]}, which you played {times(count)}"
        rows.append((song_id, title, artist, count, part, shared_tags(own[row], tags), why))
    return pl.DataFrame(rows, schema=REASONS, orient="row")


REASONS = {
    "because_id": pl.String,
    "because_title": pl.String,
    "because_artist": pl.String,
    "because_plays": pl.Float64,
    "part": pl.Float64,
    "tags": pl.List(pl.String),
    "why": pl.String,
}


def times(count: float) -> str:
    """Say how often: once, twice, 41 times."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")
