"""Train a convolutional network to predict the factors of training songs from windows of their log-mel."""

from pathlib import Path

import numpy as np

from coldwave.audio.frames import LogMels
from coldwave.cnn.devices import use_threads
from coldwave.cnn.training import CURVE_SCHEMA, train
from coldwave.files import read_array, read_table, write_table
from coldwave.job import run
from coldwave.split import TRAIN, VALIDATION
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
    threads: int = 1,
) -> None:
    use_threads(threads)
    source = LogMels(read_table(index), log_mels)
    part = read_table(split)["part"].to_numpy()
    long_enough = source.lengths >= options["window"]
    network, errors = train(
        source,
        frames=source.lengths,
        targets=read_array(song_factors),
        training=np.flatnonzero((part == TRAIN) & long_enough),
        validation=np.flatnonzero((part == VALIDATION) & long_enough),
        settings=options,
        seed=seed,
        cache=cache / "training",
    )
    write_weights(weights, network.arrays(), options)
    write_table(curve, errors, CURVE_SCHEMA)


run(main)
