"""Read vectors of songs and users made elsewhere, by id: their inner products are the scores."""

from pathlib import Path

import polars as pl

from coldwave.files import read_table, write_array
from coldwave.job import run
from coldwave.models.predictions.telling import log_vectors
from coldwave.models.predictions.vectors import check_width, read_vectors, zero_without
from coldwave.plays.rejections import log_rejected
from coldwave.plays.tables import write_rejected


def main(
    *,
    source: Path,
    source_users: Path,
    users: Path,
    songs: Path,
    model: str,
    predictions: Path,
    prediction_users: Path,
    rejected: Path,
    options: dict,
) -> None:
    """``options``: user and song (columns of ids), and delimiter."""
    key, found = f"models.{model}", {}
    for of, path, table in (("song", source, songs), ("user", source_users, users)):
        ids = read_table(table, [f"{of}_id"])[f"{of}_id"].to_list()
        found[of] = read_vectors(path, ids, options, key, of)
        log_vectors(found[of], of, key)
        log_rejected(found[of].rejected)
    check_width(found["song"].vectors, found["user"].vectors, key, f"the users of {source_users}")
    write_array(predictions, found["song"].vectors)
    write_array(prediction_users, zero_without(found["user"].vectors))
    write_rejected(rejected, pl.concat([one.rejected for one in found.values()]))


run(main)
