"""Make user and song vectors of the learned metric: a score is the mean similarity to the songs that a user played."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.mlr.vectors import embed, metric_users, song_vectors
from coldwave.models.weights import read_weights
from coldwave.split.parts import TRAIN


def main(
    *, weights: Path, plays: Path, users: Path, split: Path, features: Path, predictions: Path, prediction_users: Path
) -> None:
    tensors, settings = read_weights(weights)
    embedded = embed(read_array(features), tensors["mean"], tensors["factor"])
    write_array(predictions, song_vectors(embedded, settings["similarity"]))
    training = (read_table(split)["part"] == TRAIN).to_numpy()
    number = read_table(users, ["user"]).height
    played = read_table(plays, ["user", "song"])
    write_array(prediction_users, metric_users(played, embedded, training, number, settings["similarity"]))


run(main)
