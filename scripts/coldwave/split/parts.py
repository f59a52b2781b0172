"""The parts of a split: training, validation and test songs, and songs apart that nobody has played."""

import numpy as np
import polars as pl

from coldwave.errors import InputError

TRAIN, VALIDATION, TEST = "train", "validation", "test"
PARTS = (TRAIN, VALIDATION, TEST)
UNHEARD = "unheard"  # with plays.min_users: 0, songs without a play: neither learnt from nor ranked
SCHEMA = {"song": pl.UInt32, "part": pl.String}


def songs_to_fit(split: pl.DataFrame, protocol: str) -> np.ndarray:
    """The songs whose plays the user factors see, bool [songs]: training songs, or all where it is "transductive"."""
    return split["part"].is_in(PARTS if protocol == "transductive" else [TRAIN]).to_numpy()


def songs_to_learn(split: pl.DataFrame, refit: bool) -> np.ndarray:
    """The songs that a model learns from, bool [songs]: training songs, and validation songs too with ``refit``.

    A model may learn from validation songs only if nothing is chosen by its predictions of them as they are.
    """
    return split["part"].is_in([TRAIN, VALIDATION] if refit else [TRAIN]).to_numpy()


def songs_with_features(
    features: np.ndarray, training: np.ndarray, validation: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Leave out the songs without features, such as those without usable audio.

    Parameters
    ----------
    features : float [songs, d], NaN rows for songs without audio
    training, validation : bool [songs]

    Returns
    -------
    the training and the validation songs that have features, bool [songs] each

    Raises
    ------
    InputError
        One of the parts has none.
    """
    usable = np.isfinite(features).all(axis=1)
    for part, chosen in (("training", training), ("validation", validation)):
        if not (chosen & usable).any():
            raise InputError(
                f"no {part} song has features: see the statuses in audio/index.parquet, or the log of the embedding"
            )
    return training & usable, validation & usable
