"""Fold test songs in from the plays of one half of the users, for the other half: the upper bound.

The other songs keep their factors.
"""

from pathlib import Path

import numpy as np
import polars as pl

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.split.parts import TEST
from coldwave.wmf.chosen import read_chosen
from coldwave.wmf.confidence import confidence_matrix
from coldwave.wmf.halves import facing_vectors, first_half, fold_in_halves
from coldwave.wmf.listable import FOLDING


def main(
    *,
    plays: Path,
    split: Path,
    user_factors: Path,
    song_factors: Path,
    predictions: Path,
    prediction_users: Path,
    options: dict,
    chosen: Path = None,
    threads: int = 1,
) -> None:
    """``options``: seed, and settings of the factorisation besides those ``chosen``."""
    wmf = options | read_chosen(chosen, *FOLDING)
    users, test = read_array(user_factors), (read_table(split)["part"] == TEST).to_numpy()
    first = first_half(len(users), options["seed"])
    of_test = pl.col("song").is_in(np.flatnonzero(test))
    confidences = confidence_matrix(
        read_table(plays).filter(of_test), len(users), len(test), wmf["alpha"], wmf["epsilon"]
    )
    vectors = np.tile(read_array(song_factors), 2)
    vectors[test] = fold_in_halves(confidences[:, test], users, first, wmf, threads)
    write_array(predictions, vectors)
    write_array(prediction_users, facing_vectors(users, first))


run(main)
