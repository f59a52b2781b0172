"""Runs and relevance as TREC's tools read them: a file for each model and seed, ``<model>.<seed>.run``, and ``qrels``.

A run has lines ``user Q0 song rank score tag`` of every test song for every user who has played one, best first; songs
without a prediction come last, below all scores. ``qrels`` has lines ``user 0 song 1`` of the test songs played.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.export.asked import Asked, all_models
from coldwave.export.ids import token, tokens
from coldwave.export.parts import named_plays, plays_of, songs_of, test_songs, users_of, users_with_test_plays
from coldwave.export.ranked import Block, candidates, ranked
from coldwave.export.writing import Exported, write_fields, write_lazy_fields
from coldwave.split.parts import TEST
from coldwave.use.run import Run

DEFAULT = "trec"
TAKES = ("model", "seed", "n")


def export(run: Run, asked: Asked) -> Exported:
    """Write the runs of a model or of all, and ``qrels``, into a folder; ``n`` songs of each user, or all.

    Raises
    ------
    InputError
        The run has no such model or seed, or nobody has played a test song.
    """
    files, songs, plays = run.files, songs_of(run.files), plays_of(run.files)
    models, users = all_models(files, asked), users_with_test_plays(plays, songs)
    if not len(users):
        raise InputError(f"{files.folder}: nobody has played a test song, so there is nothing to rank")
    named_users = users_of(files)
    named_users = named_users.with_columns(tokens(named_users["user_id"]))
    named = songs.with_columns(tokens(songs["song_id"]))
    relevant = named_plays(plays, named_users, named, [TEST])
    lines = relevant.select("user_id", zero=pl.lit(0), song="song_id", relevance=pl.lit(1))
    written = [write_lazy_fields(asked.out / "qrels", lines, " ")]
    for model in models:
        among = candidates(model.songs, test_songs(songs), songs["song_id"])
        blocks = ranked(model, among, users, asked.n)
        tag = f"{token(model.name)}-{model.seed}"
        frames = run_lines(blocks, named_users["user_id"], named["song_id"], tag)
        written.append(write_fields(asked.out / f"{model.name}.{model.seed}.run", frames, " "))
    return Exported(written, [])


def run_lines(blocks: Iterator[Block], user_ids: pl.Series, song_ids: pl.Series, tag: str) -> Iterator[pl.DataFrame]:
    """Make the lines of a run, by the ids of all users and songs."""
    for block in blocks:
        yield pl.DataFrame(
            {
                "user": user_ids.gather(block.users),
                "q0": pl.repeat("Q0", len(block.users), eager=True),
                "song": song_ids.gather(block.songs),
                "rank": block.ranks,
                "score": finite(block),
                "tag": pl.repeat(tag, len(block.users), eager=True),
            }
        )


def finite(block: Block) -> np.ndarray:
    """Give songs without a prediction one score that is below all of their user's scores: float32 [pairs]."""
    _, row = np.unique(block.users, return_inverse=True)
    lowest = np.full(row.max(initial=-1) + 1, np.inf, np.float32)
    np.fmin.at(lowest, row, block.scores)
    lowest = np.where(np.isinf(lowest), np.float32(0), lowest)
    below = lowest - np.maximum(np.abs(lowest), np.float32(1))
    return np.where(np.isnan(block.scores), below[row], block.scores)
