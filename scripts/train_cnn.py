"""Train a convolutional network to predict the factors of training songs from windows of their log-mel."""

from pathlib import Path

import numpy as np
import polars as pl
import torch

from coldwave.audio.frames import LogMels
from coldwave.files import read_array, read_table, write_table
from coldwave.job import run
from coldwave.models.cnn.checkpoints import checkpoint_path
from coldwave.models.cnn.chosen_objective import chosen_objective
from coldwave.models.cnn.ensemble import member_checkpoint, train_members
from coldwave.models.cnn.launching import end_with_input, is_main_process, launch, started_by
from coldwave.models.learning_curve import CURVE_SCHEMA
from coldwave.models.weights import write_weights
from coldwave.split.parts import TEST, VALIDATION, songs_to_learn
from coldwave.wmf.chosen import read_chosen


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
    chosen: Path = None,
    threads: int = 1,
    checkpoint: Path = None,
) -> None:
    """``plays`` and ``user_factors`` are given if the objective is not mse. Plays of test songs are dropped.

    ``threads`` are those of one node. With several devices, the script starts itself again as a process for each.
    """
    arguments = locals()
    options = options | read_chosen(chosen, "alpha", "epsilon")
    devices, nodes = options["devices"], options["nodes"]
    if not checkpoint:
        read = [path for path in (split, index, song_factors, plays, user_factors) if path]
        checkpoint = checkpoint_path(cache, options, seed, [Path(__file__), *read, *log_mels], threads)
    if devices * nodes > 1 and not started_by():
        launch(Path(__file__), arguments | {"checkpoint": checkpoint}, devices, nodes, threads)
        return
    end_with_input()
    torch.set_num_threads(max(1, threads // devices))
    source = LogMels(read_table(index), log_mels)
    songs = read_table(split)
    part = songs["part"].to_numpy()
    long_enough = source.lengths >= options["window"]
    training = np.flatnonzero(songs_to_learn(songs, options["refit"]) & long_enough)
    targets, seen, users = read_array(song_factors), None, None
    if options["objective"] != "mse":
        users = read_array(user_factors)
        seen = read_table(plays).filter(~pl.col("song").is_in(np.flatnonzero(part == TEST)))
    objective = chosen_objective(options, seen, users, targets, training, seed)
    validation = np.flatnonzero((part == VALIDATION) & long_enough)
    ensemble, errors = train_members(
        source, source.lengths, targets, training, validation, options, seed, objective, checkpoint
    )
    if is_main_process():
        fitted_on = np.isin(np.arange(len(part)), training)
        write_weights(weights, ensemble.arrays(), options, fitted_on)
        write_table(curve, errors, CURVE_SCHEMA)
        for member in range(options["members"]):
            member_checkpoint(checkpoint, member).unlink(missing_ok=True)


run(main)
