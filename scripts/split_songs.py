"""Split the songs into train, validation and test: by song, artist or date, never by play; or as a file says."""

import logging
from pathlib import Path

from coldwave.files import read_table, write_table
from coldwave.job import run
from coldwave.split.check import check_parts
from coldwave.split.draw import split_songs
from coldwave.split.given import given_split, read_parts
from coldwave.split.parts import SCHEMA

log = logging.getLogger(__name__)


def main(*, songs: Path, split: Path, options: dict, given: Path = None) -> None:
    """``given`` is a split made elsewhere. It must respect ``by``; the other options are then not used."""
    known = read_table(songs, ["song", "song_id", "artist", "date"])
    if given:
        log.info("the split is that of %s; split.validation and split.test are not used", given)
        table = given_split(read_parts(given), known, options["by"], given)
    else:
        table = split_songs(known, **options)
        check_parts(table, known, options["by"], split)
    sizes = table["part"].value_counts(sort=True)
    log.info(
        "songs by part: %s", ", ".join(f"{part} {count:,}" for part, count in sizes.iter_rows()), extra={"screen": True}
    )
    write_table(split, table, SCHEMA)


run(main)
