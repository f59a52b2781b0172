"""Estimate how much artists and albums differ in what an audio model leaves of the songs.

What it predicts of songs that it has learnt from is taken as it is only if it left each of them out.
"""

from pathlib import Path

from coldwave.files import read_array, read_table
from coldwave.job import run
from coldwave.models.names.groups import find_groups
from coldwave.models.names.prediction import Heard, fit_names
from coldwave.models.weights import read_fitted_on, write_weights
from coldwave.split.parts import songs_to_learn
from coldwave.wmf.gram import score_metric


def main(
    *,
    songs: Path,
    split: Path,
    user_factors: Path,
    song_factors: Path,
    audio: Path,
    audio_weights: Path,
    weights: Path,
    options: dict,
) -> None:
    known = songs_to_learn(read_table(split), options["refit"])
    groups = find_groups(read_table(songs, ["song_id", "artist", "album"]))
    heard = Heard(read_array(audio), read_fitted_on(audio_weights) & (not options["left_out"]))
    metric = score_metric(read_array(user_factors, memory_map=True))
    names = fit_names(groups, read_array(song_factors), known, metric, heard)
    write_weights(weights, names.tensors(heard), options, fitted_on=known)


run(main)
