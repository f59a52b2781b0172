"""Predict song factors from the demo world's planted traits, by the regression that the linear model learns."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.linear import fit_linear, predict_linear
from coldwave.models.planted import trait_features
from coldwave.split.parts import TRAIN, VALIDATION


def main(*, truth: Path, songs: Path, split: Path, song_factors: Path, predictions: Path, options: dict) -> None:
    """``options``: traits and strengths."""
    part = read_table(split)["part"].to_numpy()
    features = trait_features(read_table(truth), read_table(songs, ["song_id"])["song_id"], options["traits"])
    weights, intercept, _ = fit_linear(
        features, read_array(song_factors), part == TRAIN, part == VALIDATION, options["strengths"]
    )
    write_array(predictions, predict_linear(features, weights, intercept))


run(main)
