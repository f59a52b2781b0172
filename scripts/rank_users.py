"""Rank the test songs for one shard of the users, as an evaluation that is shared out among jobs needs it."""

from pathlib import Path

import numpy as np

from coldwave.errors import InputError
from coldwave.evaluation.candidates import candidates_of
from coldwave.evaluation.compiled import keep_compiled
from coldwave.evaluation.shards import stand_shard
from coldwave.files import read_array, read_table, write_array
from coldwave.job import run


def main(
    *,
    predictions: Path,
    users: Path,
    plays: Path,
    split: Path,
    songs: Path,
    counts: Path,
    lists: Path,
    shard: str,
    options: dict,
    cache: Path = None,
    threads: int = 1,
) -> None:
    """``predictions`` and ``users`` are the song and user vectors; ``shard`` counts from 0; ``options``: list_length,
    shards."""
    if cache:
        keep_compiled(cache / "compiled")
    tables = (
        read_table(plays, ["user", "song"]),
        read_table(split, ["song", "part"]),
        read_table(songs, ["song", "song_id"]),
    )
    vectors = read_array(users, memory_map=True), read_array(predictions)
    try:
        test = candidates_of(*tables, *vectors)
        standing = stand_shard(vectors[0], test, options["list_length"], int(shard), options["shards"], threads)
    except InputError as error:
        raise InputError(f"{predictions} with {users}: {error}") from error
    write_array(counts, np.stack([standing.above, standing.tied]))
    write_array(lists, standing.lists)


run(main)
