"""Decode the songs of one shard and write a vector of each by a pretrained network, with a status for each song."""

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
    with worker_pool(threads) as pool:  # first, as it forks, and reading a table starts threads
        encoding = prepare(options["entry"], options["audio"], model, f"encoders.{encoder}")
        rows = extract_shard(read_table(manifest), vectors, encoding, cache, pool, threads)
    write_table(table, rows, TABLE)


run(main)
