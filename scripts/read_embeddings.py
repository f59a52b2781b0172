"""Read a table of embeddings and join it to the songs: a row of numbers for each, NaN for songs without one."""

from pathlib import Path

import polars as pl

from coldwave.embeddings.reading import COLUMNS, log_embeddings, read_embeddings, shuffled
from coldwave.files import read_table, write_array, write_table
from coldwave.job import run
from coldwave.plays.rejections import log_rejected
from coldwave.plays.tables import write_rejected


def main(
    *, source: Path, songs: Path, embedding: str, vectors: Path, columns: Path, rejected: Path, options: dict
) -> None:
    """``options``: song, columns and delimiter; shuffle (true for the control) and its seed."""
    key = f"embeddings.{embedding}"
    found = read_embeddings(source, read_table(songs, ["song_id"])["song_id"].to_list(), options, key)
    log_embeddings(found, key)
    log_rejected(found.rejected)
    write_array(vectors, shuffled(found.vectors, options["seed"]) if options["shuffle"] else found.vectors)
    write_table(columns, pl.DataFrame({"column": found.columns}), COLUMNS)
    write_rejected(rejected, found.rejected)


run(main)
