"""A small finished run with odd ids, open."""

from pathlib import Path
from urllib.parse import unquote

import numpy as np
import polars as pl
import pytest
from odd_runs import write_odd_run

import coldwave


@pytest.fixture(scope="session")
def odd_folder(tmp_path_factory) -> Path:
    """The folder of the run. Tests only read it."""
    return write_odd_run(tmp_path_factory.mktemp("export") / "odd")


@pytest.fixture(scope="session")
def odd_run(odd_folder):
    """The run, open."""
    return coldwave.load(odd_folder)


@pytest.fixture(scope="session")
def plays_by_part(odd_folder) -> dict[str, list[tuple[str, str, int]]]:
    """The plays of each part of the split, by id, in the run's order."""
    plays, songs, users, split = (
        pl.read_parquet(odd_folder / f"{name}.parquet")
        for name in ("plays/plays", "plays/songs", "plays/users", "split/split")
    )
    found = {part: [] for part in ("train", "validation", "test")}
    for user, song, count in plays.iter_rows():
        found[split["part"][song]].append((users["user_id"][user], songs["song_id"][song], count))
    return found


@pytest.fixture(scope="session")
def decoded():
    """Function of cells: the ids that they stand for."""
    return lambda cells: [unquote(str(cell)) for cell in np.asarray(cells).tolist()]
