"""Train a convolutional network to predict the factors of training songs from windows of their log-mel."""

from pathlib import Path

import numpy as np
import polars as pl

from coldwave.audio.frames import LogMels
from coldwave.cnn.chosen_objective import chosen_objective
from coldwave.cnn.devices import use_threads
from coldwave.cnn.training import train
from coldwave.files import read_array, read_table, write_table
from coldwave.job import run
from coldwave.learning_curve import CURVE_SCHEMA
from coldwave.split import TEST, TRAIN, VALIDATION
from coldwave.weights import write_weights


def main(
    *,
    split: Path,
    index: Path,
    log_mels: list[Path],
    song_factors: Path,
    weights: Path,
    curve: Path,
    options: dict,
    cache: Path,
    seed: int,
    plays: Path = None,
    user_factors: Path = None,
    threads: int = 1,
) -> None:
    """``plays`` and ``user_factors`` are there where the objective is not mse; of test songs' plays nothing is kept."""
    use_threads(threads)
    source = LogMels(read_table(index), log_mels)
    part = read_table(split)["part"].to_numpy()
    long_enough = source.lengths >= options["window"]
    training = np.flatnonzero((part == TRAIN) & long_enough)
    targets, seen, users = read_array(song_factors), None, None
    if options["objective"] != "mse":
        users = read_array(user_factors)
        seen = read_table(plays).filter(~pl.col("song").is_in(np.flatnonzero(part == TEST)))
    objective = chosen_objective(options, seen, users, targets, training, seed)
    network, errors = train(
        source,
        frames=source.lengths,
        targets=targets,
        training=training,
        validation=np.flatnonzero((part == VALIDATION) & long_enough),
        settings=options,
        seed=seed,
        cache=cache / "training",
        objective=objective,
    )
    fitted_on = np.isin(np.arange(len(part)), training)
    write_weights(weights, network.arrays(), options, fitted_on)
    write_table(curve, errors, CURVE_SCHEMA)


run(main)
