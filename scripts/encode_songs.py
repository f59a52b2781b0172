"""Decode the songs of one shard and write a vector of each by a pretrained network, with a status for each song."""

from functools import partial
from pathlib import Path

from coldwave.audio.extraction import TABLE, extract_shard, worker_pool
from coldwave.encoders.encoding import prepare
from coldwave.files import read_table, write_table
from coldwave.job import run


def main(
    *,
    manifest: Path,
    encoder: str,
    vectors: Path,
    table: Path,
    cache: Path,
    options: dict,
    model: Path = None,
    threads: int = 1,
) -> None:
    """``options``: entry (of ``encoders``) and audio (duration, offset and min_seconds)."""
    prepared = partial(prepare, options["entry"], options["audio"], model, f"encoders.{encoder}")
    with worker_pool(threads, prepared) as pool:  # first, as it forks, and reading a table starts threads
        songs = read_table(manifest)
        rows = extract_shard(songs, vectors, prepared(), cache, pool, threads)
    write_table(table, rows, TABLE)


run(main)
