"""Read factors of songs made elsewhere, by id: they meet the users' factors of the run."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.predictions.telling import log_vectors
from coldwave.models.predictions.vectors import check_width, read_vectors
from coldwave.plays.rejections import log_rejected
from coldwave.plays.tables import write_rejected


def main(
    *, source: Path, songs: Path, user_factors: Path, model: str, predictions: Path, rejected: Path, options: dict
) -> None:
    """``options``: song (the column of ids), and delimiter."""
    key = f"models.{model}"
    found = read_vectors(source, read_table(songs, ["song_id"])["song_id"].to_list(), options, key)
    check_width(found.vectors, read_array(user_factors, memory_map=True), key, "the users' factors of the run")
    log_vectors(found, "song", key)
    log_rejected(found.rejected)
    write_array(predictions, found.vectors)
    write_rejected(rejected, found.rejected)


run(main)
