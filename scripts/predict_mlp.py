"""Predict song factors with a trained multilayer perceptron."""

from pathlib import Path

from coldwave.files import read_array, write_array
from coldwave.job import run
from coldwave.models.mlp.prediction import predict_mlp
from coldwave.models.weights import read_weights


def main(*, weights: Path, features: Path, predictions: Path) -> None:
    arrays, _ = read_weights(weights)
    write_array(predictions, predict_mlp(read_array(features), arrays))


run(main)
