"""Predict song factors from the demo world's planted traits, by the regression that the linear model learns."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.linear import fit_linear, predict_linear
from coldwave.models.planted import trait_features
from coldwave.split.parts import songs_to_learn
from coldwave.wmf.gram import score_metric


def main(
    *,
    truth: Path,
    songs: Path,
    split: Path,
    user_factors: Path,
    song_factors: Path,
    predictions: Path,
    options: dict,
) -> None:
    """``options``: traits, strengths and refit."""
    features = trait_features(read_table(truth), read_table(songs, ["song_id"])["song_id"], options["traits"])
    learnt = songs_to_learn(read_table(split), options["refit"])
    metric = score_metric(read_array(user_factors, memory_map=True))
    fit = fit_linear(features, read_array(song_factors), learnt, metric, options["strengths"])
    write_array(predictions, predict_linear(features, fit.weights, fit.intercept, fit.left_out))


run(main)
