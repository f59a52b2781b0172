"""Predict song factors with the fitted regression; songs that it has learnt from by the regression without each."""

from pathlib import Path

from coldwave.files import read_array, write_array
from coldwave.job import run
from coldwave.models.linear import predict_linear
from coldwave.models.weights import read_weights


def main(*, weights: Path, features: Path, left_out: Path, predictions: Path) -> None:
    tensors, _ = read_weights(weights)
    learnt, fitted = read_array(left_out), (tensors["weights"], tensors["intercept"])
    write_array(predictions, predict_linear(read_array(features), *fitted, learnt))


run(main)
