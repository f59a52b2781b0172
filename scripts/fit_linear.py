"""Fit ridge regressions from features to factors; choose their strengths by leaving single songs out.

With ``refit``, validation songs are learnt from as well. ``left_out`` holds the predictions of songs learnt from, each
by the regression without it: nothing that comes later sees other predictions of these songs.
"""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array, write_table
from coldwave.job import run
from coldwave.models.linear import CURVE_SCHEMA, fit_linear
from coldwave.models.weights import write_weights
from coldwave.split.parts import songs_to_learn
from coldwave.wmf.gram import score_metric


def main(
    *,
    split: Path,
    features: Path,
    user_factors: Path,
    song_factors: Path,
    weights: Path,
    left_out: Path,
    curve: Path,
    options: dict,
) -> None:
    learnt = songs_to_learn(read_table(split), options["refit"])
    metric = score_metric(read_array(user_factors, memory_map=True))
    fit = fit_linear(read_array(features), read_array(song_factors), learnt, metric, options["strengths"])
    write_weights(weights, {"weights": fit.weights, "intercept": fit.intercept}, options, fitted_on=learnt)
    write_array(left_out, fit.left_out)
    write_table(curve, fit.curve, CURVE_SCHEMA)


run(main)
