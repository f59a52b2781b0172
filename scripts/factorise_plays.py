"""Factorise the training songs' plays; fold in the others with the user factors frozen."""

from pathlib import Path

from coldwave.files import read_table, write_array, write_table
from coldwave.job import run
from coldwave.split import TRAIN
from coldwave.wmf import OBJECTIVE_SCHEMA, factorise_songs


def main(
    *,
    plays: Path,
    users: Path,
    split: Path,
    user_factors: Path,
    song_factors: Path,
    objective: Path,
    options: dict,
    threads: int = 1,
) -> None:
    fitted_users, fitted_songs, iterations = factorise_songs(
        plays=read_table(plays),
        training=(read_table(split)["part"] == TRAIN).to_numpy(),
        users=read_table(users, ["user"]).height,
        threads=threads,
        **options,
    )
    write_array(user_factors, fitted_users)
    write_array(song_factors, fitted_songs)
    write_table(objective, iterations, OBJECTIVE_SCHEMA)


run(main)
