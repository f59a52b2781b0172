"""Choose how names and an audio model are combined, by songs that neither is fitted to.

What the audio model predicts of songs that it has learnt from is used only if it left each of them out.
"""

from pathlib import Path

from coldwave.files import read_array, read_table, write_table
from coldwave.job import run
from coldwave.models.metadata import CURVE_SCHEMA, Heard, choose_combination, find_others
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
    curve: Path,
    options: dict,
) -> None:
    parts = read_table(split)
    known = songs_to_learn(parts, options["refit"])
    others = find_others(read_table(songs, ["song_id", "artist", "album"]), known)
    heard = Heard(read_array(audio), read_fitted_on(audio_weights) & (not options["left_out"]))
    metric = score_metric(read_array(user_factors, memory_map=True))
    judged = songs_to_learn(parts, refit=True)
    chosen, errors = choose_combination(others, read_array(song_factors), metric, options["strengths"], judged, heard)
    write_weights(weights, chosen.tensors(heard), options, fitted_on=known)
    write_table(curve, errors, CURVE_SCHEMA)


run(main)
