"""Cut short excerpts, as MP3, of the songs that the report lists and of some that it maps."""

from pathlib import Path

import polars as pl

from coldwave.audio.extraction import worker_pool
from coldwave.examples.cutting import Cut
from coldwave.examples.excerpts import cut_songs, wanted
from coldwave.examples.tables import EXCERPTS
from coldwave.files import read_table, write_table
from coldwave.job import run


def main(
    *,
    songs: Path,
    played: Path,
    recommended: Path,
    similar: Path,
    map: Path,
    excerpts: Path,
    cache: Path,
    options: dict,
    manifests: list[Path] = (),
    threads: int = 1,
) -> None:
    """``options``: excerpts (how many), seconds, megabytes, seed, and audio, the settings of that section.

    Without ``manifests``, the run reads no audio files, and the table is empty.
    """
    if not manifests:
        write_table(excerpts, pl.DataFrame(schema=EXCERPTS), EXCERPTS)
        return
    with worker_pool(threads) as pool:  # first, as it forks, and reading a table starts threads
        files = pl.concat([read_table(path) for path in manifests])
        files = read_table(songs, ["song", "song_id"]).join(files, on="song_id").drop("song_id")
        lists = [read_table(path) for path in (played, recommended, similar)]
        order = wanted(*lists, read_table(map)["song"], f"{options['seed']} report excerpts")
        shown = pl.DataFrame({"song": order}, schema={"song": pl.UInt32})
        shown = shown.join(files, on="song", maintain_order="left").head(options["excerpts"])
        table = cut_songs(shown, Cut.of(options), options["megabytes"], cache, pool, threads)
    write_table(excerpts, table, EXCERPTS)


run(main)
