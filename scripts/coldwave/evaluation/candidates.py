"""The test songs that users are ranked over, and who has played which of them."""

from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.evaluation.lists import tie_order


class CandidateSongs(NamedTuple):
    """The test songs of a run, with their vectors.

    ``songs``: int [c], their indices, sorted. ``vectors``: [c, k], NaN where a prediction is missing. ``order``: int64
    [c], breaks ties in lists. ``starts``, ``relevant``: as in `relevant_songs`.
    """

    songs: np.ndarray
    vectors: np.ndarray
    order: np.ndarray
    starts: np.ndarray
    relevant: np.ndarray


def candidates_of(
    plays: pl.DataFrame, split: pl.DataFrame, songs: pl.DataFrame, user_vectors: np.ndarray, song_vectors: np.ndarray
) -> CandidateSongs:
    """Collect the test songs of a run; the parameters are those of ``coldwave.evaluation.scores.score_model``.

    Raises
    ------
    InputError
        The vectors do not fit the plays and the split, or nobody has played a test song.
    """
    _check(plays, split, songs, user_vectors, song_vectors)
    test_songs = np.sort(split.filter(pl.col("part") == "test")["song"].to_numpy())
    starts, relevant = relevant_songs(plays, test_songs, len(user_vectors), len(song_vectors))
    if len(relevant) == 0:
        raise InputError(f"nobody has played any of the {len(test_songs)} test songs: raise split.test in the config")
    order = tie_order(songs.sort("song")["song_id"][test_songs.tolist()].to_list())
    return CandidateSongs(test_songs, song_vectors[test_songs], order, starts, relevant)


def relevant_songs(
    plays: pl.DataFrame, test_songs: np.ndarray, users: int, songs: int
) -> tuple[np.ndarray, np.ndarray]:
    """List for each user the test songs played, as positions in ``test_songs``: starts [users + 1], positions [pairs].

    ``plays`` has columns ``user`` and ``song``, in any order, each pair once.
    """
    position = np.full(songs, -1, np.int32)
    position[test_songs] = np.arange(len(test_songs))
    user, song = plays["user"].to_numpy(), position[plays["song"].to_numpy()]
    user, song = user[song >= 0], song[song >= 0]
    order = np.lexsort((song, user))
    user, song = user[order], song[order]
    if ((user[1:] == user[:-1]) & (song[1:] == song[:-1])).any():
        raise ValueError("plays name a pair of user and song twice")
    starts = np.concatenate(([0], np.cumsum(np.bincount(user, minlength=users))))
    return starts, song


def _check(
    plays: pl.DataFrame, split: pl.DataFrame, songs: pl.DataFrame, user_vectors: np.ndarray, song_vectors: np.ndarray
) -> None:
    if user_vectors.ndim != 2 or song_vectors.ndim != 2 or user_vectors.shape[1] != song_vectors.shape[1]:
        raise InputError(
            f"user vectors are {list(user_vectors.shape)} and song vectors {list(song_vectors.shape)}: "
            "both must be tables with the same number of factors"
        )
    if len(song_vectors) != len(split) or split["song"].n_unique() != len(split) or split["song"].max() >= len(split):
        raise InputError(f"there are vectors of {len(song_vectors)} songs, but the split has {len(split)}")
    if len(songs) != len(split):
        raise InputError(f"the songs table has {len(songs)} songs, but the split has {len(split)}")
    if len(plays) and plays["user"].max() >= len(user_vectors):
        raise InputError(f"there are vectors of {len(user_vectors)} users, but plays of user {plays['user'].max()}")
    if len(plays) and plays["song"].max() >= len(song_vectors):
        raise InputError(f"there are vectors of {len(song_vectors)} songs, but plays of song {plays['song'].max()}")
