"""Rank songs by their number of users, test songs included: an oracle that shows how far popularity alone gets."""

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
