"""Learn how popular a song can be expected to be, from its sound, its year, and its artist's and album's past."""

import logging
from pathlib import Path

from coldwave.files import read_array, read_table
from coldwave.job import run
from coldwave.models.popularity_estimate.estimate import count_users, fit_estimate, predict_parts
from coldwave.models.popularity_estimate.judging import closeness
from coldwave.models.weights import write_weights
from coldwave.split.parts import songs_to_learn

log = logging.getLogger(__name__)


def main(*, plays: Path, songs: Path, split: Path, features: Path, weights: Path, options: dict) -> None:
    known, heard = songs_to_learn(read_table(split), options["refit"]), read_array(features)
    table = read_table(songs, ["song_id", "artist", "album", "date"])
    users = count_users(read_table(plays, ["song"]), len(known))
    estimate = fit_estimate(users, known, heard, table, options["strengths"], options["names"])
    for part, one in predict_parts(estimate, known, heard, table).items():
        number, r2, correlation = closeness(users[known], one[known, 0])
        log.info("%s: R² %s and correlation of ranks %s of log(1 + users) on %d songs left out",
                 part, *("–" if value is None else f"{value:.3f}" for value in (r2, correlation)), number)  # fmt: skip
    write_weights(weights, estimate.tensors(), options, fitted_on=known)


run(main)
