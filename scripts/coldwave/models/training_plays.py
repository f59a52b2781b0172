"""Which users have played which training songs: all that the neighbour models know about users."""

import numpy as np
import polars as pl
import scipy.sparse as sparse


def training_plays(
    plays: pl.DataFrame, features: np.ndarray, training: np.ndarray, users: int
) -> tuple[np.ndarray, sparse.csr_matrix]:
    """Return the training songs that have features, int [n], and 1 where a user has played one, CSR [users, n].

    Parameters
    ----------
    plays : table ``user``, ``song``, each pair once; features : [songs, d], NaN rows for songs without
    training : bool [songs]
    """
    songs = np.flatnonzero(training & np.isfinite(features).all(axis=1))
    columns = np.full(len(training), -1)
    columns[songs] = np.arange(len(songs))
    user, column = plays["user"].to_numpy(), columns[plays["song"].to_numpy()]
    user, column = user[column >= 0], column[column >= 0]
    return songs, sparse.csr_matrix((np.ones(len(user)), (user, column)), shape=(users, len(songs)))
