"""The best songs of every user, by id: table ``user_id``, ``rank``, ``song_id``, ``score``."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.export.asked import Asked, one_model
from coldwave.export.parts import plays_of, songs_of, test_songs, users_of
from coldwave.export.ranked import Block, Candidates, Heard, candidates, ranked
from coldwave.export.writing import Exported, write_table_blocks
from coldwave.use.files import RunFiles
from coldwave.use.run import Run

DEFAULT = "top.parquet"
TAKES = ("model", "seed", "n", "among")
SCHEMA = {"user_id": pl.String, "rank": pl.UInt32, "song_id": pl.String, "score": pl.Float32}
SONGS = 50  # of a user, by default
UNHEARD, TEST = "unheard", "test"  # songs that the user has not played, or the test songs, played or not


def export(run: Run, asked: Asked) -> Exported:
    """Write the best ``n`` songs of every user, by a model's own vectors.

    Raises
    ------
    InputError
        The run has no such model or seed, ``among`` is unknown, or the path is neither Parquet nor CSV.
    """
    if asked.among not in (None, UNHEARD, TEST):
        raise InputError(f"--among {asked.among}: name {UNHEARD} (songs that the user has not played) or {TEST}")
    files, (model, notes) = run.files, one_model(run, asked)
    songs, users = songs_of(files), users_of(files)
    chosen, heard = test_songs(songs), None
    if asked.among != TEST:
        chosen, heard = np.arange(songs.height), heard_in(files)
    among = candidates(model.songs, chosen, songs["song_id"])
    blocks = ranked(model, scored(among), np.arange(users.height), asked.n or SONGS, heard)
    written = write_table_blocks(asked.out, tables(blocks, users["user_id"], songs["song_id"]), SCHEMA)
    return Exported([written], [*notes, *lacking(among)])


def scored(among: Candidates) -> Candidates:
    """Leave out the candidates without a prediction."""
    return among._replace(songs=among.songs[: len(among.columns)])


def lacking(among: Candidates) -> list[str]:
    """Say how many candidates have no prediction, if any."""
    number = len(among.songs) - len(among.columns)
    return [f"{number:,} songs are in no list: nothing is predicted of them."] if number else []


def heard_in(files: RunFiles) -> Heard:
    """Read what users have played, late plays too if the run has cut some."""
    late = "plays/all_plays.parquet"
    plays = plays_of(files, late) if files.has(late) else plays_of(files)

    def heard(users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        first, last = int(users[0]), int(users[-1])
        found = plays.filter(pl.col("user").is_between(first, last)).select("user", "song").collect()
        return found["user"].to_numpy().astype(np.int64) - first, found["song"].to_numpy().astype(np.int64)

    return heard


def tables(blocks: Iterator[Block], user_ids: pl.Series, song_ids: pl.Series) -> Iterator[pl.DataFrame]:
    """Make the rows, by the ids of all users and songs."""
    for block in blocks:
        columns = user_ids.gather(block.users), block.ranks, song_ids.gather(block.songs), block.scores
        yield pl.DataFrame(dict(zip(SCHEMA, columns, strict=True)), schema_overrides=SCHEMA)
