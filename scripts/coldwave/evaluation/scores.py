"""The scores of one model: for each user, how high the test songs that the user has played rank among all test songs.

As in the paper (section 4), every user is scored against every test song, by mAP cut at 500 and AUC. Measures of the
first songs alone and a table by song are added.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.evaluation.drawn_together import drawn_together
from coldwave.evaluation.factors import factor_errors
from coldwave.evaluation.lists import artist_diversity, artist_numbers, novelty, tie_order, times_listed
from coldwave.evaluation.measures import list_measures, pair_shares
from coldwave.evaluation.ranking import Ranking, Standing, measure, missing_songs, stand
from coldwave.evaluation.resampling import leave_songs_out

log = logging.getLogger(__name__)

SCORES = {
    "user": pl.UInt32,
    "relevant": pl.UInt32,  # test songs that the user has played
    "ap": pl.Float64,
    "ap_relevant": pl.Float64,
    "auc": pl.Float64,  # null for a user who has played every test song; if all have, so is every measure
    "songs": pl.UInt32,  # number of test songs; the same in every row, as is ``missing``
    "missing": pl.UInt32,  # test songs without a prediction, which rank last
}
SONG_SCORES = {
    "song": pl.UInt32,
    "users": pl.UInt32,  # who have played it
    "auc": pl.Float64,  # share of the other test songs ranked below it, mean over these users; null without one
    "listed": pl.UInt32,  # users in whose list it is
    "squared_error": pl.Float64,  # of its predicted factors; like the next two, null if a model predicts none
    "squared_deviation": pl.Float64,  # of its factors from the mean of test songs
    "cosine": pl.Float64,  # of its predicted factors with those of its own plays
}


class Scores(NamedTuple):
    """The scores of one model by user (columns as `schema`) and by test song (as ``SONG_SCORES``), and what is left of
    its mean AUC and AP without groups of test songs (``coldwave.evaluation.resampling.leave_songs_out``)."""

    users: pl.DataFrame
    songs: pl.DataFrame
    without_songs: np.ndarray


def schema(list_lengths: Sequence[int]) -> dict[str, type[pl.DataType]]:
    """Columns of the scores by user, with measures of lists of these lengths."""
    names = [f"{name}_{length}" for length in list_lengths for name in ("precision", "recall", "ndcg")]
    names += ["reciprocal_rank", "artist_diversity", "novelty"]  # the last two are for lists of the first length
    return SCORES | dict.fromkeys(names, pl.Float64)


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


def score_model(
    plays: pl.DataFrame,
    split: pl.DataFrame,
    songs: pl.DataFrame,
    user_vectors: np.ndarray,
    song_vectors: np.ndarray,
    cutoff: int,
    list_lengths: Sequence[int],
    song_factors: np.ndarray | None = None,
    threads: int = 1,
    seed: int = 0,
) -> Scores:
    """Score every user who has played a test song, and every test song; a row each, sorted by user and by song.

    Parameters
    ----------
    plays, split, songs
        Columns ``user``, ``song``; ``song``, ``part``; ``song``, ``song_id``, ``artist``.
    user_vectors, song_vectors
        [users, k] and [songs, k], row by index; a song's row of NaN is a missing prediction.
    cutoff
        Length of the ranking that AP looks at.
    list_lengths
        Lengths of the lists that are measured; lists of the first length are kept.
    song_factors
        [songs, k], the factors of the songs' own plays, for a model that predicts them.
    seed
        Draws the groups of songs that are left out; those drawn together (`drawn_together`) are in one.

    Raises
    ------
    InputError
        The vectors do not fit the plays and the split or are not finite, or nobody has played a test song.
    """
    _check(plays, split, songs, user_vectors, song_vectors)
    test_songs = np.sort(split.filter(pl.col("part") == "test")["song"].to_numpy())
    starts, relevant = relevant_songs(plays, test_songs, len(user_vectors), len(song_vectors))
    if len(relevant) == 0:
        raise InputError(f"nobody has played any of the {len(test_songs)} test songs: raise split.test in the config")
    named = songs.sort("song")[test_songs.tolist()]
    vectors = song_vectors[test_songs]
    try:
        missing = int(missing_songs(vectors).sum())
        order = tie_order(named["song_id"].to_list())
        standing = stand(user_vectors, vectors, starts, relevant, order, list_lengths[0], threads)
        ranking = measure(standing, starts, len(test_songs), cutoff)
        without = leave_songs_out(
            user_vectors, vectors, starts, relevant, cutoff, seed, threads, together=drawn_together(songs, split)
        )
        errors = {} if song_factors is None else factor_errors(vectors, song_factors[test_songs])
    except ValueError as error:
        raise InputError(f"the vectors cannot be ranked: {error}") from error

    number = np.bincount(relevant, minlength=len(test_songs))
    # a song that nobody has played counts as played by one user, or its self-information would be infinite
    shares = np.maximum(number, 1) / len(user_vectors)
    measures = list_measures(standing, starts, list_lengths)
    if named["artist"].null_count() < len(named):
        measures["artist_diversity"] = artist_diversity(standing.lists, artist_numbers(named["artist"].to_list()))
    measures["novelty"] = novelty(standing.lists, shares)
    users = _by_user(starts, ranking, measures, len(test_songs), missing, schema(list_lengths))
    _log_sizes(users)
    return Scores(users, _by_song(test_songs, number, standing, starts, relevant, errors), without)


def _by_user(
    starts: np.ndarray,
    ranking: Ranking,
    measures: dict[str, np.ndarray],
    songs: int,
    missing: int,
    columns: dict[str, type[pl.DataType]],
) -> pl.DataFrame:
    users = np.flatnonzero(np.diff(starts))
    measured = {**ranking._asdict(), **measures}
    values = {
        "user": users,
        "relevant": np.diff(starts)[users],
        "songs": np.full(len(users), songs),
        "missing": np.full(len(users), missing),
        **{name: array[users] for name, array in measured.items()},
    }
    # without artists, the column is null
    frame = pl.DataFrame({name: values.get(name, [None] * len(users)) for name in columns}, schema_overrides=columns)
    frame = frame.with_columns(pl.col("auc").fill_nan(None))
    if frame["auc"].is_null().all():  # every ranking of theirs is perfect, which tells nothing of a model
        frame = frame.with_columns(pl.lit(None, columns[name]).alias(name) for name in columns if name in measured)
    return frame


def _by_song(
    test_songs: np.ndarray,
    number: np.ndarray,
    standing: Standing,
    starts: np.ndarray,
    relevant: np.ndarray,
    errors: dict[str, np.ndarray],
) -> pl.DataFrame:
    share = pair_shares(standing, starts, len(test_songs))
    counted = np.isfinite(share)  # not the pairs of users who have played every test song
    pairs = np.bincount(relevant[counted], minlength=len(test_songs))
    total = np.bincount(relevant[counted], weights=share[counted], minlength=len(test_songs))
    values = {
        "song": test_songs,
        "users": number,
        "auc": np.divide(total, pairs, out=np.full(len(test_songs), np.nan), where=pairs > 0),
        "listed": times_listed(standing.lists, len(test_songs)),
        **errors,
    }
    frame = pl.DataFrame(
        {name: values.get(name, [None] * len(test_songs)) for name in SONG_SCORES}, schema_overrides=SONG_SCORES
    )
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None))


def _log_sizes(scores: pl.DataFrame) -> None:
    """Log the sizes, and what makes scores unusual."""
    log.info("%s users with a test play, %s test songs", f"{len(scores):,}", f"{scores['songs'][0]:,}")
    if missing := scores["missing"][0]:
        log.warning("%s test songs have no prediction and rank last", f"{missing:,}")
    undefined = scores["auc"].null_count()
    if undefined == len(scores):
        log.warning("every user with a test play has played every test song: no model can be measured")
    elif undefined:
        log.warning("%s users have played every test song and have no AUC", f"{undefined:,}")


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
