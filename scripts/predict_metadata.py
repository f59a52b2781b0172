"""Predict every song by the other known songs of its artist, else of its album, alone or with an audio model.

With an audio model, it predicts as ``weights`` say. For new songs, ``catalogue`` is the table of the run's songs, and
``catalogue_audio`` what the audio model predicts of these.
"""

from pathlib import Path

import numpy as np

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.metadata import (
    Combination,
    Heard,
    choose_combination,
    combined_factors,
    find_others,
    followed_by_new,
    log_sources,
)
from coldwave.models.weights import read_weights
from coldwave.split.parts import TEST, VALIDATION, songs_to_learn
from coldwave.wmf.gram import score_metric


def main(
    *,
    songs: Path,
    split: Path,
    user_factors: Path,
    song_factors: Path,
    predictions: Path,
    options: dict,
    weights: Path = None,
    audio: Path = None,
    catalogue: Path = None,
    catalogue_audio: Path = None,
) -> None:
    parts, factors, names = read_table(split), read_array(song_factors), ["song_id", "artist", "album"]
    known, table = songs_to_learn(parts, options["refit"]), read_table(songs, names)
    heard = Heard.of(read_weights(weights)[0], read_array(catalogue_audio or audio)) if audio else None
    shown = {part: (parts["part"] == part).to_numpy() for part in (VALIDATION, TEST)}
    if catalogue:
        new = (table, read_array(audio) if audio else None)
        table, factors, known, heard = followed_by_new(read_table(catalogue, names), factors, known, heard, *new)
        shown = {"new": np.arange(len(known)) >= parts.height}
    others = find_others(table, known)
    log_sources(others.source, shown)
    if weights:
        chosen = Combination.of(read_weights(weights)[0])
    else:
        metric = score_metric(read_array(user_factors, memory_map=True))
        chosen, _ = choose_combination(others, factors, metric, options["strengths"])
    predicted = combined_factors(others, factors, chosen, heard)
    write_array(predictions, predicted[parts.height :] if catalogue else predicted)


run(main)
