"""Draw user and song vectors at random: the floor of every comparison."""

from pathlib import Path

from coldwave.files import read_table, write_array
from coldwave.job import run
from coldwave.models.references import random_vectors


def main(*, users: Path, songs: Path, predictions: Path, prediction_users: Path, seed: int) -> None:
    heights = [read_table(path, [path.stem.removesuffix("s")]).height for path in (users, songs)]
    user_vectors, song_vectors = random_vectors(*heights, seed=seed)
    write_array(predictions, song_vectors)
    write_array(prediction_users, user_vectors)


run(main)
