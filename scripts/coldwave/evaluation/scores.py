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
from coldwave.evaluation.candidates import CandidateSongs, candidates_of
from coldwave.evaluation.drawn_together import drawn_together
from coldwave.evaluation.factors import factor_errors
from coldwave.evaluation.lists import artist_diversity, artist_numbers, novelty, times_listed
from coldwave.evaluation.measures import list_measures, pair_shares
from coldwave.evaluation.ranking import Ranking, Standing, measure, missing_songs, stand
from coldwave.evaluation.resampling import leave_songs_out
from coldwave.evaluation.shards import joined

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
    shards: Sequence[Standing] = (),
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
    shards
        Where the test songs stand for each shard of the users, if they were shared out (`stand_shard`).

    Raises
    ------
    InputError
        The vectors do not fit the plays and the split or are not finite, or nobody has played a test song. The shards
        are not those of these users and plays.
    """
    test = candidates_of(plays, split, songs, user_vectors, song_vectors)
    named = songs.sort("song")[test.songs.tolist()]
    ranked = user_vectors, test.vectors, test.starts, test.relevant
    try:
        missing = int(missing_songs(test.vectors).sum())
        standing = (
            joined(shards, test, list_lengths[0]) if shards else stand(*ranked, test.order, list_lengths[0], threads)
        )
        ranking = measure(standing, test.starts, len(test.songs), cutoff)
        without = leave_songs_out(*ranked, cutoff, seed, threads, together=drawn_together(songs, split))
        errors = {} if song_factors is None else factor_errors(test.vectors, song_factors[test.songs])
    except ValueError as error:
        raise InputError(f"the vectors cannot be ranked: {error}") from error

    number = np.bincount(test.relevant, minlength=len(test.songs))
    # a song that nobody has played counts as played by one user, or its self-information would be infinite
    shares = np.maximum(number, 1) / len(user_vectors)
    measures = list_measures(standing, test.starts, list_lengths)
    if named["artist"].null_count() < len(named):
        measures["artist_diversity"] = artist_diversity(standing.lists, artist_numbers(named["artist"].to_list()))
    measures["novelty"] = novelty(standing.lists, shares)
    users = _by_user(test.starts, ranking, measures, len(test.songs), missing, schema(list_lengths))
    _log_sizes(users)
    return Scores(users, _by_song(test, number, standing, errors), without)


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
    test: CandidateSongs, number: np.ndarray, standing: Standing, errors: dict[str, np.ndarray]
) -> pl.DataFrame:
    share = pair_shares(standing, test.starts, len(test.songs))
    counted = np.isfinite(share)  # not the pairs of users who have played every test song
    pairs = np.bincount(test.relevant[counted], minlength=len(test.songs))
    total = np.bincount(test.relevant[counted], weights=share[counted], minlength=len(test.songs))
    values = {
        "song": test.songs,
        "users": number,
        "auc": np.divide(total, pairs, out=np.full(len(test.songs), np.nan), where=pairs > 0),
        "listed": times_listed(standing.lists, len(test.songs)),
        **errors,
    }
    frame = pl.DataFrame(
        {name: values.get(name, [None] * len(test.songs)) for name in SONG_SCORES}, schema_overrides=SONG_SCORES
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
