"""The table of new songs: songs without plays, which a finished run predicts."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from coldwave.errors import InputError
from coldwave.new_songs.columns import of_new_songs
from coldwave.plays.catalogue import CATALOGUE, read_catalogue

log = logging.getLogger(__name__)

NEW_SONGS = {"song": pl.UInt32, **CATALOGUE}


def read_new_songs(path: Path, options: Mapping[str, Any], threads: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read new songs as a songs table is read (``coldwave.plays.catalogue``), and number them from 0, sorted by id.

    ``options`` is the config's ``new_songs``: columns, tag_separator, audio_root, audio_pattern and id_from.

    Returns
    -------
    DataFrame
        The songs, as in ``NEW_SONGS``. A song without the name of an audio file is kept.
    DataFrame
        The rejected rows, as in ``coldwave.plays.tables.REJECTED``.

    Raises
    ------
    InputError
        The file or a setting is wrong, or there is no song in it.
    """
    try:
        songs, rejected = read_catalogue(path, options, threads)
    except InputError as error:  # the message names the same keys of another section
        raise InputError(of_new_songs(str(error))) from error
    numbered = songs.sort("song_id").with_row_index("song").cast(NEW_SONGS)
    counts = f"{songs.height:,}", f"{songs['audio'].count():,}"
    log.info("new songs: %s; %s name an audio file", *counts, extra={"screen": True})
    reason = pl.col("reason").str.replace("plays.songs.", "new_songs.", literal=True)
    return numbered, rejected.with_columns(reason)
