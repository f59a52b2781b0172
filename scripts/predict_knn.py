"""Score songs by how much they sound like what each user has played: features of unit length, and users' means."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.knn import mean_played, unit_length
from coldwave.split.parts import TRAIN


def main(*, plays: Path, users: Path, split: Path, features: Path, predictions: Path, prediction_users: Path) -> None:
    song_vectors = unit_length(read_array(features))
    training = (read_table(split)["part"] == TRAIN).to_numpy()
    number = read_table(users, ["user"]).height
    write_array(predictions, song_vectors)
    write_array(prediction_users, mean_played(read_table(plays, ["user", "song"]), song_vectors, training, number))


run(main)
