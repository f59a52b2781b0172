"""Vectors made elsewhere: tables of numbers by id, for songs and perhaps users, whose inner products are scores."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from coldwave.embeddings.reading import Embeddings, read_embeddings
from coldwave.errors import InputError


def read_vectors(path: Path, ids: Sequence[str], options: Mapping[str, Any], key: str, of: str = "song") -> Embeddings:
    """Read the vectors of songs, or of users, with ids [n]: ``vectors`` float32 [n, k], NaN rows for those without.

    Parameters
    ----------
    options : ``song`` and ``user``, the columns of the ids; ``delimiter``, or None for what the file's name implies
    key : the setting that names the model, for messages
    of : ``song`` or ``user``

    Raises
    ------
    InputError
        The file is wrong, or has no vector for any of the ids.
    """
    return read_embeddings(path, ids, {**options, "columns": None}, key, of=of)


def check_width(songs: np.ndarray, users: np.ndarray, key: str, whose: str) -> None:
    """Check that vectors of songs [songs, k] and users [users, k] can be multiplied.

    Raises
    ------
    InputError
        They differ in length. ``whose`` says what the users' are.
    """
    if songs.shape[1] != users.shape[1]:
        raise InputError(
            f"{key}: the songs have vectors of {songs.shape[1]} numbers, but {whose} have {users.shape[1]}, and a "
            "score is the inner product of the two"
        )


def zero_without(vectors: np.ndarray) -> np.ndarray:
    """Give zeros to users without a vector (a row of NaN), for whom all songs that have a vector tie."""
    return np.where(np.isfinite(vectors), vectors, np.float32(0))
