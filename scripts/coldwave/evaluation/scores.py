"""The scores of one model: for each user, how high the test songs that the user has played rank among all test songs.

Paper, section 4: every user against every test song, mAP cut at 500 and AUC.
"""

import logging

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.evaluation.ranking import missing_songs, rank_songs

log = logging.getLogger(__name__)

SCORES = {
    "user": pl.UInt32,
    "relevant": pl.UInt32,  # test songs that the user has played
    "ap": pl.Float64,
    "ap_relevant": pl.Float64,
    "auc": pl.Float64,  # null for a user who has played every test song
    "songs": pl.UInt32,  # test songs; the same in every row, as is the next
    "missing": pl.UInt32,  # test songs without a prediction, which rank last
}


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


def score_users(
    plays: pl.DataFrame,
    split: pl.DataFrame,
    user_vectors: np.ndarray,
    song_vectors: np.ndarray,
    cutoff: int,
    threads: int = 1,
) -> pl.DataFrame:
    """Score every user who has played a test song; one row each, columns as in ``SCORES``, sorted by user.

    Parameters
    ----------
    plays, split
        Columns ``user``, ``song`` and ``song``, ``part``.
    user_vectors, song_vectors
        [users, k] and [songs, k], row by index; a song's row of NaN is a missing prediction.

    Raises
    ------
    InputError
        The vectors do not fit the plays and the split, are not finite, or nobody has played a test song.
    """
    _check(plays, split, user_vectors, song_vectors)
    test_songs = np.sort(split.filter(pl.col("part") == "test")["song"].to_numpy())
    starts, relevant = relevant_songs(plays, test_songs, len(user_vectors), len(song_vectors))
    if len(relevant) == 0:
        raise InputError(f"nobody has played any of the {len(test_songs)} test songs: raise split: test in the config")
    try:
        missing = int(missing_songs(song_vectors[test_songs]).sum())
        ranking = rank_songs(user_vectors, song_vectors[test_songs], starts, relevant, cutoff, threads)
    except ValueError as error:
        raise InputError(f"these vectors cannot be ranked: {error}") from error

    users = np.flatnonzero(np.diff(starts))
    scores = pl.DataFrame(
        {
            "user": users,
            "relevant": np.diff(starts)[users],
            **{name: values[users] for name, values in ranking._asdict().items()},
            "songs": np.full(len(users), len(test_songs)),
            "missing": np.full(len(users), missing),
        },
        schema_overrides=SCORES,
    ).with_columns(pl.col("auc").fill_nan(None))
    log.info("%s users with a test play, %s test songs", f"{len(users):,}", f"{len(test_songs):,}")
    if missing:
        log.warning("%s test songs have no prediction and rank last", f"{missing:,}")
    if undefined := scores["auc"].null_count():
        log.warning("%s users have played every test song and have no AUC", f"{undefined:,}")
    return scores


def _check(plays: pl.DataFrame, split: pl.DataFrame, user_vectors: np.ndarray, song_vectors: np.ndarray) -> None:
    if user_vectors.ndim != 2 or song_vectors.ndim != 2 or user_vectors.shape[1] != song_vectors.shape[1]:
        raise InputError(
            f"user vectors are {list(user_vectors.shape)} and song vectors {list(song_vectors.shape)}: "
            "both must be tables with the same number of factors"
        )
    if len(song_vectors) != len(split) or split["song"].n_unique() != len(split) or split["song"].max() >= len(split):
        raise InputError(f"there are vectors of {len(song_vectors)} songs, but the split has {len(split)}")
    if len(plays) and plays["user"].max() >= len(user_vectors):
        raise InputError(f"there are vectors of {len(user_vectors)} users, but plays of user {plays['user'].max()}")
    if len(plays) and plays["song"].max() >= len(song_vectors):
        raise InputError(f"there are vectors of {len(song_vectors)} songs, but plays of song {plays['song'].max()}")
