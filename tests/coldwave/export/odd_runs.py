"""A small finished run whose ids and names hold whatever ids and names can hold."""

from pathlib import Path

import numpy as np
import polars as pl

from coldwave.evaluation.differences import DIFFERENCES, INTERVALS, compare
from coldwave.evaluation.models import Model
from coldwave.evaluation.recommendation import Trained, as_markdown, recommendation_table, schema
from coldwave.evaluation.scores import score_model
from coldwave.evaluation.table_of_measures import COMPARED
from coldwave.files import read_table, write_array, write_table, write_text
from coldwave.plays.tables import write_songs, write_users
from tests.coldwave.use.small_runs import MODELS, SEED, write_run

CUTOFF = 20
ODD = [
    "a b",
    "tab\there",
    'quote"d',
    '"',
    "line\nend",
    "\r",
    "NA",
    "None",
    "nan",
    "007",
    "7",
    "1e3",
    "inf",
    "-5",
    "100%",
    "%41",
    "=1+1",
    "@x",
    "+3",
    "-x",
    "Ünïcödé",
    "日本語",
    "🎵",
    "no\u00a0break",
    "\ufeffmark",
    "a,b",
    "a;b",
    "a'b",
    "#N/A",
    "\x00\x1f",
    "ligne\u2028deux",
    "true",
    "\\n",
    "a|b",
    "~",
    "$&_{}^\\",
    "[x]",
    "*",
    " lead",
    "trail ",
    "null",
]


def odd(number: int) -> pl.Series:
    """Return sorted ids, as many as asked, the odd ones among them."""
    return pl.Series([*ODD, *(f"id{place:03}" for place in range(number - len(ODD)))]).sort()


def write_odd_run(folder: Path) -> Path:
    """Write a finished run with odd ids, ties, songs without predictions, scores and tables."""
    write_run(folder)
    songs, users = (pl.read_parquet(folder / f"plays/{name}.parquet") for name in ("songs", "users"))
    names = [None, "None", 'Say "No"', "two\tparts\nhere", "311", "Füür & \\Flamme_", "A  B"]
    songs = songs.with_columns(
        song_id=odd(songs.height),
        artist=pl.Series([names[song % len(names)] for song in range(songs.height)]),
        tags=pl.Series([[["rock", "hip hop"], [], ["ten%"]][song % 3] for song in range(songs.height)]),
    )
    write_songs(folder / "plays/songs.parquet", songs)
    write_users(folder / "plays/users.parquet", users.with_columns(user_id=odd(users.height)))
    for name in MODELS:  # three songs that tie, two of them test songs
        path = folder / f"predictions/{name}/{SEED}.npy"
        vectors = np.load(path)
        vectors[[19, 29]] = vectors[10]
        write_array(path, vectors)
    write_tables(folder)
    return folder


def scores_of(folder: Path, model: str):
    """Score a model as the workflow does."""
    tables = [read_table(folder / path) for path in ("plays/plays.parquet", "split/split.parquet")]
    own = folder / f"predictions/{model}/{SEED}.users.npy"
    users = np.load(own if own.exists() else folder / "wmf/user_factors.npy")
    songs = read_table(folder / "plays/songs.parquet", ["song", "song_id", "artist"])
    return score_model(*tables, songs, users, np.load(folder / f"predictions/{model}/{SEED}.npy"), CUTOFF, [5])


def write_tables(folder: Path, of: dict = MODELS) -> None:
    """Write the tables of results and differences."""
    scores = {name: scores_of(folder, name) for name in of}
    trained = [Trained(name, SEED, found.users) for name, found in scores.items()]
    kinds = {name: settings["kind"] for name, settings in of.items()}
    users = pl.read_parquet(folder / "plays/users.parquet").height
    models = {name: Model(kind, place) for place, (name, kind) in enumerate(kinds.items())}
    table = recommendation_table(trained, models, users, CUTOFF)
    write_table(folder / "tables/recommendation.parquet", table, schema(CUTOFF))
    write_text(folder / "tables/recommendation.md", as_markdown(table, ["Made up for tests."]))
    without = {(name, SEED): found.without_songs for name, found in scores.items()}
    measures = {one.title_at(CUTOFF): one for one in COMPARED}
    compared = compare(trained, without, kinds, measures)
    write_table(folder / "tables/differences.parquet", compared.differences, DIFFERENCES)
    write_table(folder / "tables/intervals.parquet", compared.intervals, INTERVALS)
