"""Predict song factors with the fitted regression."""

from pathlib import Path

from coldwave.files import read_array, write_array
from coldwave.job import run
from coldwave.models.linear import predict_linear
from coldwave.models.weights import read_weights


def main(*, weights: Path, features: Path, predictions: Path) -> None:
    tensors, _ = read_weights(weights)
    write_array(predictions, predict_linear(read_array(features), tensors["weights"], tensors["intercept"]))


run(main)
