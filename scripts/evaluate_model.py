"""Score one trained model: average precision and AUC of every user who has played a test song."""

from pathlib import Path

from coldwave.errors import InputError
from coldwave.evaluation.scores import SCORES, score_users
from coldwave.files import read_array, read_table, write_table
from coldwave.job import run


def main(
    *, predictions: Path, users: Path, plays: Path, split: Path, scores: Path, options: dict, threads: int = 1
) -> None:
    """``predictions`` and ``users`` are the song and user vectors; ``options``: cutoff."""
    tables = read_table(plays, ["user", "song"]), read_table(split, ["song", "part"])
    vectors = read_array(users, memory_map=True), read_array(predictions)
    try:
        table = score_users(*tables, *vectors, options["cutoff"], threads)
    except InputError as error:
        raise InputError(f"{predictions} with {users}: {error}") from error
    write_table(scores, table, SCORES)


run(main)
