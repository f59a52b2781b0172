"""Predict every song by the other known songs of its artist and album, alone or with an audio model.

With an audio model, it predicts as ``weights`` say.
"""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.names.groups import find_groups, log_known
from coldwave.models.names.prediction import Heard, Names, fit_names, predict_names
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
    parts, factors, columns = read_table(split), read_array(song_factors), ["song_id", "artist", "album"]
    known, groups = songs_to_learn(parts, options["refit"]), find_groups(read_table(songs, columns))
    log_known(groups, known, {part: (parts["part"] == part).to_numpy() for part in (VALIDATION, TEST)})
    heard = None
    if weights:
        tensors, _ = read_weights(weights)
        names, heard = Names.of(tensors), Heard.of(tensors, read_array(audio))
    else:
        names = fit_names(groups, factors, known, score_metric(read_array(user_factors, memory_map=True)))
    write_array(predictions, predict_names(groups, factors, known, names, heard))


run(main)
