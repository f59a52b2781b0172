"""Make user and song vectors of the learned metric: a score is the mean similarity to the songs that a user played."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.mlr.vectors import metric_vectors
from coldwave.models.weights import read_weights
from coldwave.split.parts import TRAIN


def main(
    *,
    weights: Path,
    plays: Path,
    users: Path,
    split: Path,
    features: Path,
    predictions: Path,
    prediction_users: Path,
) -> None:
    tensors, settings = read_weights(weights)
    user_side, song_side = metric_vectors(
        read_table(plays, ["user", "song"]),
        read_array(features),
        read_table(split)["part"].to_numpy() == TRAIN,
        read_table(users, ["user"]).height,
        tensors["mean"],
        tensors["factor"],
        settings["similarity"],
    )
    write_array(predictions, song_side)
    write_array(prediction_users, user_side)


run(main)
