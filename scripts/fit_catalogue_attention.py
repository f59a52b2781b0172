"""Learn to predict songs from their features, names, and attention to the other known songs of their artists.

With ``refit``, validation songs stand in catalogues, and the regression learns from them as well.
"""

from pathlib import Path

from coldwave.files import read_array, read_table, write_table
from coldwave.job import run
from coldwave.models.catalogue_attention.fitting import fit_catalogue
from coldwave.models.devices import best_device
from coldwave.models.learning_curve import CURVE_SCHEMA
from coldwave.models.names.groups import find_groups
from coldwave.models.weights import write_weights
from coldwave.split.parts import TRAIN, VALIDATION, songs_to_learn
from coldwave.wmf.gram import score_metric


def main(
    *,
    songs: Path,
    split: Path,
    features: Path,
    user_factors: Path,
    song_factors: Path,
    weights: Path,
    curve: Path,
    options: dict,
    seed: int,
) -> None:
    parts, groups = read_table(split), find_groups(read_table(songs, ["song_id", "artist", "album"]))
    training, validation = ((parts["part"] == part).to_numpy() for part in (TRAIN, VALIDATION))
    metric = score_metric(read_array(user_factors, memory_map=True))
    learnt, errors = fit_catalogue(
        groups,
        read_array(features),
        read_array(song_factors),
        training,
        validation,
        metric,
        options,
        seed,
        best_device(options["accelerator"]),
    )
    write_weights(weights, learnt.tensors(), options, fitted_on=songs_to_learn(parts, options["refit"]))
    write_table(curve, errors, CURVE_SCHEMA)


run(main)
