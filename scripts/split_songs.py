"""Split the songs into train, validation and test: by song (or by artist), never by play."""

import logging
from pathlib import Path

from coldwave.files import read_table, write_table
from coldwave.job import run
from coldwave.split import SCHEMA, split_songs

log = logging.getLogger(__name__)


def main(*, songs: Path, split: Path, options: dict) -> None:
    table = split_songs(read_table(songs, ["song", "song_id", "artist"]), **options)
    sizes = table["part"].value_counts(sort=True)
    log.info("songs by part: %s", ", ".join(f"{part} {count:,}" for part, count in sizes.iter_rows()))
    write_table(split, table, SCHEMA)


run(main)
