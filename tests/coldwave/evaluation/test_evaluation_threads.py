"""The same bytes of tables whatever the number of threads that polars has, at a size at which it shares work."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from coldwave.evaluation.scores import SONG_SCORES
from coldwave.files import write_table

SCRIPTS = str(Path(__file__).parents[3] / "scripts")
USERS, SONGS = 300_000, 40_000
TABLES = """
import sys
from pathlib import Path
from coldwave.evaluation.further import Tables, one_seed
from coldwave.evaluation.models import Model
from coldwave.evaluation.recommendation import Trained, recommendation_table
from coldwave.evaluation.strata import strata_table
from coldwave.files import read_table

folder = Path(sys.argv[1])
users, by_song, plays, songs, split = (
    read_table(folder / f"{name}.parquet") for name in ("users", "by_song", "plays", "songs", "split")
)
tables, models = [Tables("m", 1, users, by_song)], {"m": Model("linear", 3)}
print(strata_table(tables, models, plays, songs, split).write_json())
print(recommendation_table([Trained("m", 1, users)], models, len(users), 500).write_json())
print({name: repr(value) for name, value in one_seed(tables[0], [10]).items()})
"""


@pytest.fixture
def folder(tmp_path):
    """Scores of many users and songs, as the rules write them."""
    rng = np.random.default_rng(0)
    whole, share = {"user", "relevant", "songs", "missing"}, rng.random
    names = ["ap", "ap_relevant", "auc", "reciprocal_rank", "artist_diversity", "novelty"]
    names += [f"{name}_10" for name in ("precision", "recall", "ndcg")]
    numbers = {"user": np.arange(USERS), "relevant": 1, "songs": SONGS, "missing": 0}
    users = pl.DataFrame({name: np.broadcast_to(values, USERS) for name, values in numbers.items()})
    users = users.cast(pl.UInt32).with_columns(pl.Series(name, share(USERS)) for name in names)
    assert whole < set(users.columns)
    counts = {name: rng.integers(0, 900, SONGS) for name in ("users", "listed")}
    by_song = pl.DataFrame({"song": np.arange(SONGS), **counts}).with_columns(
        pl.Series(name, share(SONGS)) for name, kind in SONG_SCORES.items() if kind == pl.Float64
    )
    songs = pl.DataFrame({"song": np.arange(SONGS), "artist": [f"artist {song % 999}" for song in range(SONGS)]})
    split = pl.DataFrame({"song": np.arange(SONGS), "part": rng.choice(["train", "test"], SONGS)})
    plays = pl.DataFrame({"user": np.repeat(np.arange(USERS), 3), "song": rng.integers(0, SONGS, 3 * USERS)})
    by_song = by_song.filter(split["part"] == "test")
    numbered = {"by_song": by_song, "songs": songs, "split": split, "plays": plays.unique(maintain_order=True)}
    for name, table in ({"users": users} | numbered).items():
        table = table.with_columns(pl.col(pl.Int64).cast(pl.UInt32))
        write_table(tmp_path / f"{name}.parquet", table, dict(table.schema))
    return tmp_path


def test_tables_of_means(folder):
    found = [
        subprocess.run(
            [sys.executable, "-c", TABLES, folder],
            env=os.environ | {"POLARS_MAX_THREADS": str(threads), "PYTHONPATH": SCRIPTS},
            stdout=subprocess.PIPE, text=True, check=True,
        ).stdout
        for threads in (1, 3)
    ]  # fmt: skip
    assert found[0] == found[1] and "activity" in found[0]
