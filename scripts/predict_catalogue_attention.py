"""Predict every song from its features, its names, and the other known songs of its artist."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.catalogue_attention.prediction import Learnt, predict_by_catalogue
from coldwave.models.names.groups import find_groups, log_known
from coldwave.models.weights import read_weights
from coldwave.split.parts import TEST, VALIDATION, songs_to_learn


def main(*, songs: Path, split: Path, features: Path, song_factors: Path, weights: Path, predictions: Path) -> None:
    (tensors, settings), factors = read_weights(weights), read_array(song_factors)
    parts, groups = read_table(split), find_groups(read_table(songs, ["song_id", "artist", "album"]))
    known = songs_to_learn(parts, settings["refit"])
    log_known(groups, known, {part: (parts["part"] == part).to_numpy() for part in (VALIDATION, TEST)})
    predicted = predict_by_catalogue(groups, factors, known, read_array(features), Learnt.of(tensors))
    write_array(predictions, predicted)


run(main)
