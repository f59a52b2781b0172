"""Make song vectors with a trained tower, and user vectors: the mean over the training songs that a user has played."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.contrastive.prediction import predict_contrastive
from coldwave.models.knn import mean_played
from coldwave.models.weights import read_weights
from coldwave.split.parts import TRAIN


def main(
    *, weights: Path, plays: Path, users: Path, split: Path, features: Path, predictions: Path, prediction_users: Path
) -> None:
    arrays, _ = read_weights(weights)
    song_vectors = predict_contrastive(read_array(features), arrays)
    write_array(predictions, song_vectors)
    training = (read_table(split)["part"] == TRAIN).to_numpy()
    number = read_table(users, ["user"]).height
    write_array(prediction_users, mean_played(read_table(plays, ["user", "song"]), song_vectors, training, number))


run(main)
