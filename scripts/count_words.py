"""Count the words of each song of a shard: the frames nearest to each mean of the codebook."""

from pathlib import Path

from coldwave.bow.codebook import count_shard
from coldwave.bow.features import COUNTS_SCHEMA
from coldwave.files import read_array, read_table, write_table
from coldwave.job import run


def main(
    *, codebook: Path, frame_scale: Path, log_mel: Path, table: Path, counts: Path, options: dict, threads: int = 1
) -> None:
    counted = count_shard(
        read_array(log_mel, memory_map=True),
        read_table(table),
        read_array(codebook),
        read_array(frame_scale),
        options["coefficients"],
        threads,
    )
    write_table(counts, counted, COUNTS_SCHEMA)


run(main)
