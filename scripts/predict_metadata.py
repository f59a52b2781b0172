"""Predict every song by the other known songs of its artist, else of its album, alone or with an audio model.

With an audio model, it predicts as ``weights`` say.
"""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.metadata import (
    Combination,
    Heard,
    choose_combination,
    combined_factors,
    find_others,
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
) -> None:
    parts, factors, names = read_table(split), read_array(song_factors), ["song_id", "artist", "album"]
    known = songs_to_learn(parts, options["refit"])
    heard = Heard.of(read_weights(weights)[0], read_array(audio)) if audio else None
    shown = {part: (parts["part"] == part).to_numpy() for part in (VALIDATION, TEST)}
    others = find_others(read_table(songs, names), known)
    log_sources(others.source, shown)
    if weights:
        chosen = Combination.of(read_weights(weights)[0])
    else:
        metric = score_metric(read_array(user_factors, memory_map=True))
        chosen, _ = choose_combination(others, factors, metric, options["strengths"])
    write_array(predictions, combined_factors(others, factors, chosen, heard))


run(main)
