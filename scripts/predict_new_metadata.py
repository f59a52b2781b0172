"""Give new songs the mean factors of their artists' training songs, else their albums', their years', or of all.

Where the model is combined with one that listens, by the regression that was fitted to both.
"""

from pathlib import Path

import numpy as np
import polars as pl

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.linear import predict_linear
from coldwave.models.metadata import log_sources, metadata_factors, stacked_inputs
from coldwave.models.weights import read_weights
from coldwave.split.parts import TRAIN

NAMES = ["song_id", "artist", "album", "date"]


def main(
    *,
    catalogue: Path,
    split: Path,
    song_factors: Path,
    songs: Path,
    predictions: Path,
    weights: Path = None,
    audio: Path = None,
) -> None:
    factors, known, new = read_array(song_factors), read_table(catalogue, NAMES), read_table(songs, NAMES)
    # a song that is in the catalogue as well must not be taken for its own artist
    names = pl.concat([known, new.with_columns(pl.concat_str(pl.lit("new\0"), "song_id").alias("song_id"))])
    training = np.append((read_table(split)["part"] == TRAIN).to_numpy(), np.zeros(new.height, dtype=bool))
    targets = np.vstack((factors, np.zeros((new.height, factors.shape[1]), dtype=factors.dtype)))
    metadata, source = (array[known.height :] for array in metadata_factors(names, targets, training))
    log_sources(source, {"new": np.ones(new.height, dtype=bool)})
    predicted = metadata
    if audio:
        tensors, _ = read_weights(weights)
        inputs = stacked_inputs(metadata, source, read_array(audio))
        stacked = predict_linear(inputs, tensors["weights"], tensors["intercept"])
        predicted = np.where(np.isnan(stacked), metadata, stacked)
    write_array(predictions, predicted)


run(main)
