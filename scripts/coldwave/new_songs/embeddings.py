"""Embeddings of new songs: read like those of the run, and scaled as the run has learnt from its training songs."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from coldwave.embeddings.reading import WITHOUT_ID, Embeddings, read_embeddings
from coldwave.embeddings.scaling import TOO_FAR, scaled
from coldwave.errors import InputError
from coldwave.new_songs.columns import of_new_embeddings

log = logging.getLogger(__name__)

NEW_INDEX = {"song": pl.UInt32, "song_id": pl.String, "status": pl.String, "detail": pl.String}

OK = "ok"
MISSING = "missing"  # no row names the song
UNUSABLE = "unusable"  # its rows do not hold the numbers that the run has learnt from
FAR = "too_far"  # its features would be infinite


def read_new_embeddings(
    path: Path, songs: Sequence[str], options: Mapping[str, Any], name: str, mean: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, pl.DataFrame, pl.DataFrame]:
    """Read the table of new songs' embeddings, and make features of them as the run has made its own.

    Parameters
    ----------
    songs : ids of the new songs, row n of the result is that of song n
    options : ``song`` and ``delimiter`` of the config's entry, and ``columns``, those that the run has learnt from
    name : of the embedding
    mean, scale : float64 [d], as ``coldwave.embeddings.scaling.scaling`` has learnt them from the run's training songs

    Returns
    -------
    ndarray
        Features, float32 [songs, d]; NaN rows for songs without one.
    DataFrame
        ``NEW_INDEX``, a row for each song: whether it has features, and why not. A song without is also logged as a
        warning.
    DataFrame
        The rows that were set aside, as in ``coldwave.plays.tables.REJECTED``.

    Raises
    ------
    InputError
        The file, its header or a column is wrong. A table without any of the new songs is no error.
    """
    try:
        found = read_embeddings(path, songs, options, f"new_songs.embeddings.{name}", len(mean))
    except InputError as error:
        raise InputError(of_new_embeddings(str(error), name)) from error
    features = scaled(found.vectors, mean, scale)
    features[np.isinf(features).any(axis=1)] = np.nan
    index = _index(songs, found, features, path)
    for song_id, status, detail in index.filter(pl.col("status") != OK).drop("song").iter_rows():
        log.warning("%s is not predicted from embeddings.%s: %s: %s", song_id, name, status, detail)
    ready = index.filter(status=OK).height
    log.info(
        "embeddings.%s: %s of %s new songs have one", name, f"{ready:,}", f"{len(songs):,}", extra={"screen": True}
    )
    return features, index, found.rejected


def _index(songs: Sequence[str], found: Embeddings, features: np.ndarray, path: Path) -> pl.DataFrame:
    """Say of each song whether it has features, and why not (``NEW_INDEX``)."""
    nameless = found.rejected["reason"].is_in(WITHOUT_ID).sum()
    absent = f"{path} has no row of it" + f", unless it is one of {nameless:,} that cannot be read" * (nameless > 0)
    given, ready = (np.isfinite(array).all(axis=1) for array in (found.vectors, features))
    states = []
    for song, song_id in enumerate(songs):
        line, reason = found.reasons.get(song_id, (None, None))
        if ready[song]:
            state = OK, ""
        elif given[song]:
            state = FAR, TOO_FAR
        else:
            state = (UNUSABLE, f"{path}, line {line}: {reason}") if reason else (MISSING, absent)
        states.append((song, song_id, *state))
    return pl.DataFrame(states, schema=NEW_INDEX, orient="row")
