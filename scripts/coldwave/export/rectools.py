"""RecTools' tables: ``interactions.parquet`` and ``recommendations.parquet`` in a folder.

Interactions have ``user_id``, ``item_id``, ``weight`` (the play count) and ``datetime``, which RecTools requires and
which is constant, and ``part``, that of the song in the split. Recommendations have ``user_id``, ``item_id``, ``score``
and ``rank``: test songs, for users who have played one.
"""

from collections.abc import Iterator
from datetime import datetime

import polars as pl

from coldwave.errors import InputError
from coldwave.export.asked import Asked, one_model
from coldwave.export.parts import named_plays, plays_of, songs_of, test_songs, users_of, users_with_test_plays
from coldwave.export.ranked import candidates, ranked
from coldwave.export.top import SONGS, lacking, scored, tables
from coldwave.export.writing import Exported, write_lazy_parquet, write_table_blocks
from coldwave.use.run import Run

DEFAULT = "rectools"
TAKES = ("model", "seed", "n")
SCHEMA = {"user_id": pl.String, "item_id": pl.String, "score": pl.Float32, "rank": pl.UInt32}
TIME = datetime(1970, 1, 1)  # of every play: a run keeps no times


def export(run: Run, asked: Asked) -> Exported:
    """Write the plays, and the best ``n`` test songs by a model, into a folder.

    Raises
    ------
    InputError
        The run has no such model or seed, or nobody has played a test song.
    """
    files, songs, plays = run.files, songs_of(run.files), plays_of(run.files)
    users, ranked_for = users_of(files), users_with_test_plays(plays, songs)
    if not len(ranked_for):
        raise InputError(f"{files.folder}: nobody has played a test song, so there is nothing to rank")
    model, notes = one_model(run, asked)
    interactions = named_plays(plays, users, songs).select(
        "user_id",
        pl.col("song_id").alias("item_id"),
        pl.col("count").cast(pl.Float64).alias("weight"),
        pl.lit(TIME, pl.Datetime("ns")).alias("datetime"),
        "part",
    )
    among = candidates(model.songs, test_songs(songs), songs["song_id"])
    blocks = ranked(model, scored(among), ranked_for, asked.n or SONGS)
    frames = _renamed(tables(blocks, users["user_id"], songs["song_id"]))
    written = [
        write_lazy_parquet(asked.out / "interactions.parquet", interactions),
        write_table_blocks(asked.out / "recommendations.parquet", frames, SCHEMA),
    ]
    return Exported(written, [*notes, *lacking(among)])


def _renamed(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    return (frame.rename({"song_id": "item_id"}).select(*SCHEMA) for frame in frames)
