"""Which songs will be training songs: users may be filtered by these alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from coldwave.plays.tables import FIRST_PLAY
from coldwave.split.draw import split_songs
from coldwave.split.given import given_split, read_parts
from coldwave.split.parts import TRAIN


def training_songs(songs: pl.DataFrame, kept: np.ndarray, options: Mapping[str, Any], given: Path | None) -> np.ndarray:
    """Split the songs that are kept as the next stage will: bool [songs], the training songs.

    Parameters
    ----------
    songs : table with ``song_id``, ``artist``, ``date`` and perhaps ``first_play``; kept : bool [songs]
    options : as `split_songs` takes them, or only ``by`` with a file ``given``

    Raises
    ------
    InputError
        As `split_songs` and `given_split`.
    """
    known = songs.filter(pl.Series(kept)).select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("song"),
        *("song_id", "artist", "date", *FIRST_PLAY.keys() & songs.columns),
    )
    parts = given_split(read_parts(given), known, options["by"], given) if given else split_songs(known, **options)
    training = np.zeros(len(kept), dtype=bool)
    training[np.flatnonzero(kept)] = (parts.sort("song")["part"] == TRAIN).to_numpy()
    return training
