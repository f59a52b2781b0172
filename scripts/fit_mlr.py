"""Learn a metric in which songs with the same users are near each other; choose its strength on validation songs."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_table
from coldwave.job import run
from coldwave.models.mlr.fitting import CURVE_SCHEMA, fit_mlr
from coldwave.models.weights import write_weights
from coldwave.split.parts import TRAIN, VALIDATION


def main(
    *,
    plays: Path,
    users: Path,
    split: Path,
    features: Path,
    weights: Path,
    curve: Path,
    options: dict,
    seed: int,
) -> None:
    part = read_table(split)["part"].to_numpy()
    training = part == TRAIN
    tensors, steps = fit_mlr(
        read_table(plays, ["user", "song"]),
        read_array(features),
        training,
        part == VALIDATION,
        read_table(users, ["user"]).height,
        options,
        seed,
    )
    write_weights(weights, tensors, options, fitted_on=training)
    write_table(curve, steps, CURVE_SCHEMA)


run(main)
