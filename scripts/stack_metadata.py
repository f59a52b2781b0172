"""Combine what names tell with what another model hears: a ridge regression on both (stacking).

It is fitted on training songs, each of which is left out of its own artist's mean; its strength is chosen on
validation songs. A song that the other model does not predict keeps what its names tell.
"""

from pathlib import Path

import numpy as np

from coldwave.files import read_array, read_table, write_array, write_table
from coldwave.job import run
from coldwave.models.linear import CURVE_SCHEMA, fit_linear, predict_linear
from coldwave.models.metadata import log_sources, metadata_factors, stacked_inputs
from coldwave.models.weights import write_weights
from coldwave.split.parts import TEST, TRAIN, VALIDATION


def main(
    *,
    songs: Path,
    split: Path,
    song_factors: Path,
    audio: Path,
    weights: Path,
    curve: Path,
    predictions: Path,
    options: dict,
) -> None:
    part, targets = read_table(split)["part"].to_numpy(), read_array(song_factors)
    names = read_table(songs, ["song_id", "artist", "album", "date"])
    training = part == TRAIN
    metadata, source = metadata_factors(names, targets, training)
    log_sources(source, {name: part == name for name in (VALIDATION, TEST)})
    inputs = stacked_inputs(metadata, source, read_array(audio))
    coefficients, intercept, errors = fit_linear(inputs, targets, training, part == VALIDATION, options["strengths"])
    stacked = predict_linear(inputs, coefficients, intercept)
    write_weights(weights, {"weights": coefficients, "intercept": intercept}, options, fitted_on=training)
    write_table(curve, errors, CURVE_SCHEMA)
    write_array(predictions, np.where(np.isnan(stacked), metadata, stacked))


run(main)
