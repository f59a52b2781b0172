"""Vectors by id, whose inner products are scores: ``songs.parquet`` and ``users.parquet`` in a folder."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.export.asked import Asked, one_model
from coldwave.export.parts import users_of
from coldwave.export.writing import Exported, Written, write_table_blocks
from coldwave.use.run import Run

DEFAULT = "vectors"
TAKES = ("model", "seed")
FACTORISATION = "wmf"  # asked for as a model, unless the run has one of that name
_ROWS = 1 << 14  # of a block


def export(run: Run, asked: Asked) -> Exported:
    """Write the vectors of a model, or of the factorisation, into a folder.

    Raises
    ------
    InputError
        The run has no such model or seed.
    """
    files = run.files
    if asked.model == FACTORISATION and FACTORISATION not in files.config["models"]:
        vectors, notes = (files.array("wmf/song_factors.npy"), files.array("wmf/user_factors.npy")), []
    else:
        model, notes = one_model(run, asked)
        vectors = model.songs, model.users
    written = [
        write_vectors(asked.out / "songs.parquet", "song_id", files.songs["song_id"], vectors[0]),
        write_vectors(asked.out / "users.parquet", "user_id", users_of(files)["user_id"], vectors[1]),
    ]
    if lacking := int(np.isnan(vectors[0][:, 0]).sum()):
        notes = [*notes, f"{lacking:,} songs have no vector: nothing is predicted of them."]
    return Exported(written, notes)


def write_vectors(path: Path, name: str, ids: pl.Series, vectors: np.ndarray) -> Written:
    """Write a table of ids, in a column ``name``, and ``vector``, a list of float32, or null for a row of NaN."""
    schema = {name: pl.String, "vector": pl.List(pl.Float32)}

    def blocks() -> Iterator[pl.DataFrame]:
        for begin in range(0, len(vectors), _ROWS):
            rows = np.asarray(vectors[begin : begin + _ROWS], np.float32)
            column = pl.Series(rows, dtype=pl.Array(pl.Float32, rows.shape[1])).cast(pl.List(pl.Float32))
            column = column.set(pl.Series(np.isnan(rows).any(axis=1)), None)
            yield pl.DataFrame({name: ids[begin : begin + _ROWS], "vector": column})

    return write_table_blocks(path, blocks(), schema)
