"""Fit ridge regressions from features to factors; keep the one with the smallest error on validation songs."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_table
from coldwave.job import run
from coldwave.models.linear import CURVE_SCHEMA, fit_linear
from coldwave.models.weights import write_weights
from coldwave.split.parts import TRAIN, VALIDATION


def main(*, split: Path, features: Path, song_factors: Path, weights: Path, curve: Path, options: dict) -> None:
    part = read_table(split)["part"].to_numpy()
    training = part == TRAIN
    coefficients, intercept, errors = fit_linear(
        read_array(features), read_array(song_factors), training, part == VALIDATION, options["strengths"]
    )
    write_weights(weights, {"weights": coefficients, "intercept": intercept}, options, fitted_on=training)
    write_table(curve, errors, CURVE_SCHEMA)


run(main)
