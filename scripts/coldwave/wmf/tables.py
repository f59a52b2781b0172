"""The files of a factorisation, the same for every engine."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.files import write_array, write_table
from coldwave.wmf.objective import OBJECTIVE_SCHEMA


def write_factors(
    paths: Sequence[Path], users: np.ndarray, songs: np.ndarray, fitted: np.ndarray, iterations: pl.DataFrame
) -> None:
    """Write a factorisation to four files.

    Parameters
    ----------
    paths : of the user factors, the song factors, the fitted songs and the objective
    users, songs : float32 [users, f] and [songs, f]
    fitted : bool [songs], the songs whose plays the user factors have seen
    iterations : table as `OBJECTIVE_SCHEMA`
    """
    of_users, of_songs, seen, objective = paths
    write_array(of_users, users)
    write_array(of_songs, songs)
    write_array(seen, fitted)
    write_table(objective, iterations, OBJECTIVE_SCHEMA)
