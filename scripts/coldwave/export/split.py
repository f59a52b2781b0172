"""The split by id: table ``song_id``, ``part``."""

import polars as pl

from coldwave.export.asked import Asked
from coldwave.export.parts import songs_of
from coldwave.export.writing import Exported, write_table_blocks
from coldwave.use.run import Run

DEFAULT = "split.csv"
TAKES = ()
SCHEMA = {"song_id": pl.String, "part": pl.String}


def export(run: Run, asked: Asked) -> Exported:
    """Write which part of the split each song is in: train, validation, test, or unheard (played by nobody).

    Raises
    ------
    InputError
        The path is neither Parquet nor CSV.
    """
    songs = songs_of(run.files).select("song_id", "part")
    return Exported([write_table_blocks(asked.out, [songs], SCHEMA)], [])
