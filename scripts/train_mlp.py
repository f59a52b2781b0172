"""Train a multilayer perceptron to predict the factors of training songs from their features."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_table
from coldwave.job import run
from coldwave.models.learning_curve import CURVE_SCHEMA
from coldwave.models.mlp.training import train_mlp
from coldwave.models.weights import write_weights
from coldwave.split.parts import TRAIN, VALIDATION


def main(
    *, split: Path, features: Path, song_factors: Path, weights: Path, curve: Path, options: dict, seed: int
) -> None:
    part = read_table(split)["part"].to_numpy()
    training = part == TRAIN
    arrays, errors = train_mlp(
        read_array(features), read_array(song_factors), training, part == VALIDATION, options, seed
    )
    write_weights(weights, arrays, options, fitted_on=training)
    write_table(curve, errors, CURVE_SCHEMA)


run(main)
