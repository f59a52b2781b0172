"""Give every song the mean factors of the training songs of its artist, else its album, else its year, else of all.

Combined with an audio model, it predicts with the regression that was fitted to both. For new songs, ``catalogue`` is
the table of the run's songs.
"""

from pathlib import Path

import numpy as np

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.metadata import log_sources, metadata_factors, new_metadata_factors, predict_stacked
from coldwave.models.weights import read_weights
from coldwave.split.parts import TEST, TRAIN, VALIDATION


def main(
    *,
    songs: Path,
    split: Path,
    song_factors: Path,
    predictions: Path,
    weights: Path = None,
    audio: Path = None,
    catalogue: Path = None,
) -> None:
    part, factors = read_table(split)["part"].to_numpy(), read_array(song_factors)
    names = read_table(songs, ["song_id", "artist", "album", "date"])
    if catalogue:
        known = read_table(catalogue, names.columns)
        predicted, source = new_metadata_factors(names, known, factors, part == TRAIN)
        log_sources(source, {"new": np.ones(names.height, dtype=bool)})
    else:
        predicted, source = metadata_factors(names, factors, part == TRAIN)
        log_sources(source, {name: part == name for name in (VALIDATION, TEST)})
    if audio:
        predicted = predict_stacked(predicted, source, read_array(audio), **read_weights(weights)[0])
    write_array(predictions, predicted)


run(main)
