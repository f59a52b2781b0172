"""Rank songs by how popular they can be expected to be, the same for everybody.

Songs learnt from are ranked as if they were new.
"""

import logging
from pathlib import Path

import numpy as np

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.popularity_estimate.estimate import ALL, Estimate, predict_parts
from coldwave.models.weights import read_fitted_on, read_weights

log = logging.getLogger(__name__)


def main(*, weights: Path, users: Path, songs: Path, features: Path, predictions: Path, prediction_users: Path) -> None:
    estimate, table = Estimate.of(read_weights(weights)[0]), read_table(songs, ["song_id", "artist", "album", "date"])
    heard, known = read_array(features), read_fitted_on(weights)
    estimated = predict_parts(estimate, known, heard, table)[ALL]
    unheard = ~np.isfinite(heard).all(axis=1)
    log.info("songs without features: %s, of which %s are estimated by their names",
             f"{unheard.sum():,}", f"{(unheard & np.isfinite(estimated[:, 0])).sum():,}")  # fmt: skip
    write_array(predictions, estimated)
    write_array(prediction_users, np.ones((read_table(users, ["user"]).height, 1), dtype=np.float32))


run(main)
