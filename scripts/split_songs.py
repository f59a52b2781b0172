"""Split the songs into train, validation and test, by song, artist, date or first play; or as a file says."""

import logging
from functools import partial
from pathlib import Path

import polars as pl

from coldwave.files import read_table, write_table
from coldwave.job import run
from coldwave.split.check import check_parts
from coldwave.split.draw import split_songs
from coldwave.split.given import given_split, read_parts
from coldwave.split.parts import SCHEMA
from coldwave.split.unheard import split_apart

log = logging.getLogger(__name__)


def main(*, songs: Path, split: Path, options: dict, given: Path = None) -> None:
    """``given`` is a split made elsewhere. It must respect ``by``; the other options are then not used.

    With the option ``unheard``, songs that nobody has played are in none of these parts.
    """
    first = ["first_play"] if options["by"] == "first_play" else []
    known = read_table(songs, ["song", "song_id", "artist", "date", *first, "users"])
    drawn = {key: value for key, value in options.items() if key != "unheard"}
    divide = partial(split_songs, **drawn)
    if given:
        log.info("the split is that of %s; split.validation and split.test are not used", given)
        unheard = known.filter(pl.col("users") == 0) if "unheard" in options else known.clear()
        parts = read_parts(given).join(unheard, on="song_id", how="anti")
        divide = partial(given_split, parts, by=options["by"], source=given)
    table = split_apart(known, divide) if "unheard" in options else divide(known)
    check_parts(table, known, options["by"], split)
    sizes = table["part"].value_counts(sort=True)
    log.info(
        "songs by part: %s", ", ".join(f"{part} {count:,}" for part, count in sizes.iter_rows()), extra={"screen": True}
    )
    write_table(split, table, SCHEMA)


run(main)
