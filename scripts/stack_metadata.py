"""Fit a ridge regression on the predictions of the metadata and of an audio model (stacking).

It is fitted on training songs, each left out of its own artist's mean. Its strength is chosen on validation songs.
"""

from pathlib import Path

from coldwave.files import read_array, read_table, write_table
from coldwave.job import run
from coldwave.models.linear import CURVE_SCHEMA, fit_linear
from coldwave.models.metadata import metadata_factors, stacked_inputs
from coldwave.models.weights import write_weights
from coldwave.split.parts import TRAIN, VALIDATION


def main(
    *, songs: Path, split: Path, song_factors: Path, audio: Path, weights: Path, curve: Path, options: dict
) -> None:
    part, targets = read_table(split)["part"].to_numpy(), read_array(song_factors)
    training = part == TRAIN
    names = read_table(songs, ["song_id", "artist", "album", "date"])
    inputs = stacked_inputs(*metadata_factors(names, targets, training), read_array(audio))
    coefficients, intercept, errors = fit_linear(inputs, targets, training, part == VALIDATION, options["strengths"])
    write_weights(weights, {"weights": coefficients, "intercept": intercept}, options, fitted_on=training)
    write_table(curve, errors, CURVE_SCHEMA)


run(main)
