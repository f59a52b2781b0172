"""Rank songs by how many users they have, test songs included: an oracle, which sizes what their fame alone tells."""

from pathlib import Path

from coldwave.files import read_table, write_array
from coldwave.job import run
from coldwave.models.references import popularity_vectors


def main(*, users: Path, songs: Path, predictions: Path, prediction_users: Path) -> None:
    song_users = read_table(songs, ["users"])["users"].to_numpy()
    user_vectors, song_vectors = popularity_vectors(song_users, read_table(users, ["user"]).height)
    write_array(predictions, song_vectors)
    write_array(prediction_users, user_vectors)


run(main)
