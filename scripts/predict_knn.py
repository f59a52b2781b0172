"""Make vectors that score songs by how much they sound like the songs that a user has played.

A song's vector is its features at unit length; a user's is the mean over the songs played.
"""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.knn import mean_played, unit_length
from coldwave.split.parts import TRAIN


def main(*, plays: Path, users: Path, split: Path, features: Path, predictions: Path, prediction_users: Path) -> None:
    song_vectors = unit_length(read_array(features))
    write_array(predictions, song_vectors)
    training = (read_table(split)["part"] == TRAIN).to_numpy()
    number = read_table(users, ["user"]).height
    write_array(prediction_users, mean_played(read_table(plays, ["user", "song"]), song_vectors, training, number))


run(main)
