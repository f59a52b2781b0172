"""Read a table of new songs' embeddings, and scale them as the run has scaled those of its songs."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array, write_table
from coldwave.job import run
from coldwave.new_songs.embeddings import NEW_INDEX, read_new_embeddings
from coldwave.plays.rejections import log_rejected
from coldwave.plays.tables import write_rejected


def main(
    *,
    source: Path,
    songs: Path,
    embedding: str,
    columns: Path,
    mean: Path,
    scale: Path,
    features: Path,
    index: Path,
    rejected: Path,
    options: dict,
) -> None:
    """``options``: song and delimiter."""
    ids = read_table(songs, ["song_id"])["song_id"].to_list()
    how = options | {"columns": read_table(columns)["column"].to_list()}
    found, states, set_aside = read_new_embeddings(source, ids, how, embedding, read_array(mean), read_array(scale))
    log_rejected(set_aside)
    write_array(features, found)
    write_table(index, states, NEW_INDEX)
    write_rejected(rejected, set_aside)


run(main)
