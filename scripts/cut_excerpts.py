"""Cut short excerpts, as MP3, of the songs that the report lists and of some that it maps."""

from pathlib import Path

import polars as pl

from coldwave.audio.extraction import worker_pool
from coldwave.examples.excerpts import EXCERPTS, Cut, excerpts, wanted
from coldwave.files import read_table, write_table
from coldwave.job import run


def main(
    *,
    songs: Path,
    played: Path,
    recommended: Path,
    similar: Path,
    map: Path,
    excerpts_table: Path,
    cache: Path,
    options: dict,
    manifests: list[Path] = (),
    threads: int = 1,
) -> None:
    """``options``: excerpts (how many), seconds, megabytes, seed, and audio, the settings of that section.

    Without ``manifests``, the run reads no audio files, and the table is empty.
    """
    if not manifests:
        write_table(excerpts_table, pl.DataFrame(schema=EXCERPTS), EXCERPTS)
        return
    with worker_pool(threads) as pool:  # first, as it forks, and reading a table starts threads
        files = pl.concat([read_table(path) for path in manifests])
        known = read_table(songs, ["song", "song_id"]).join(files, on="song_id").select("song", "audio", "digest")
        lists = [read_table(path) for path in (played, recommended, similar)]
        shown = wanted(*lists, read_table(map)["song"], options["excerpts"], f"{options['seed']} report excerpts")
        table = excerpts(known, shown, Cut.of(options), options["megabytes"], cache, pool, threads)
    write_table(excerpts_table, table, EXCERPTS)


run(main)
