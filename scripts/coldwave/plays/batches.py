"""A part of a file of plays, read and checked."""

from dataclasses import dataclass

import polars as pl

ME = "me"  # the user whose plays all of them are where the source names none
EMPTY_USER = "empty user id"
EMPTY_SONG = "empty song id"


@dataclass(frozen=True)
class Batch:
    """Some lines of one source.

    ``plays``: user_id, song_id, count u32 and, where the source tells it, time (float64, Unix seconds), of the good
    lines; ``rejected``: the others.
    """

    source: str
    lines: int
    blank: int
    plays: pl.DataFrame
    rejected: pl.DataFrame
