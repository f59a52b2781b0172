"""Content-based neighbours, without any training: songs that sound like those that a user has played.

A user's score for song i is the mean, over the training songs j that the user has played, of the cosine of their
features; every song counts, not only the nearest. With features z of unit length that mean is an inner product,
z_i · mean z_j: the song's own features, and the user's mean. The features are those of the bag of words as stored,
centred on the training songs' mean and projected on their principal components, so a cosine is negative where two
songs differ from the average song in opposite ways.
"""

import logging

import numpy as np
import polars as pl

from coldwave.models.training_plays import training_plays

log = logging.getLogger(__name__)


def unit_length(features: np.ndarray) -> np.ndarray:
    """Divide each row by its length: float32 [songs, d]. A row of zeros or NaN stays as it is."""
    lengths = np.linalg.norm(features.astype(np.float64), axis=1, keepdims=True)
    return (features / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def mean_played(plays: pl.DataFrame, song_vectors: np.ndarray, training: np.ndarray, users: int) -> np.ndarray:
    """Average the vectors of the training songs that each user has played, however often.

    Parameters
    ----------
    plays : table ``user``, ``song``, each pair once
    song_vectors : float32 [songs, d], NaN rows for songs without audio (left out of the means)
    training : bool [songs]

    Returns
    -------
    float32 [users, d]; zeros for a user who has played no training song with audio
    """
    songs, played = training_plays(plays, song_vectors, training, users)
    songs_played = np.diff(played.indptr)
    if nothing := int((songs_played == 0).sum()):
        log.warning("%s users have played no training song with audio: all songs tie for them", f"{nothing:,}")
    sums = played @ song_vectors[songs].astype(np.float64)
    return (sums / np.maximum(songs_played, 1)[:, None]).astype(np.float32)
