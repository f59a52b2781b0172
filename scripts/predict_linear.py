"""Predict song factors with the fitted regression; songs that it has learnt from by the regression without each."""

from pathlib import Path

from coldwave.files import read_array, write_array
from coldwave.job import run
from coldwave.models.linear import predict_linear
from coldwave.models.weights import read_weights


def main(*, weights: Path, features: Path, predictions: Path, left_out: Path = None) -> None:
    tensors, _ = read_weights(weights)
    learnt = read_array(left_out) if left_out else None
    write_array(predictions, predict_linear(read_array(features), tensors["weights"], tensors["intercept"], learnt))


run(main)
