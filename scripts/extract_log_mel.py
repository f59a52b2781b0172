"""Write the log-mel spectrograms of the songs of one shard, with a status for each song."""

from pathlib import Path

from coldwave.audio.extraction import TABLE, extract_shard, log_mels_of, worker_pool
from coldwave.files import read_table, write_table
from coldwave.job import run


def main(*, manifest: Path, log_mel: Path, table: Path, cache: Path, options: dict, threads: int = 1) -> None:
    """Extract the shard; a file without usable audio gets a status, and the others go on."""
    with worker_pool(threads) as pool:  # first, as it forks, and reading a table starts threads
        songs = read_table(manifest)
        rows = extract_shard(songs, log_mel, log_mels_of(options), cache, pool, threads)
    write_table(table, rows, TABLE)


run(main)
