"""The batches of new songs that a run has placed: what each holds, and whether the run is still what placed it."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.files import read_table
from coldwave.new_songs.reading import NEW_SONGS
from coldwave.new_songs.state import FOLDER, INFO, NAME
from coldwave.use.files import RunFiles
from coldwave.use.kinds import BOW
from coldwave.use.models import find_model, stands_on

SONGS = {
    **{name: dtype for name, dtype in NEW_SONGS.items() if name != "song"},
    "status": pl.String,  # "ok", why a song was not heard, or "placed": an earlier batch holds it
    "detail": pl.String,
    "batch": pl.String,  # that holds the song
    "made_of": pl.String,  # digests of its row, its audio and its embeddings
}
FEATURES, PREDICTIONS = "features", "predictions"
VECTORS = {
    "of": pl.String,  # "features" or "predictions"
    "name": pl.String,  # of the features, or of the model
    "seed": pl.Int64,  # of the model
    "song_id": pl.String,
    "vector": pl.List(pl.Float32),
}
OK, PLACED = "ok", "placed"
# What a run has learnt, and its songs' vectors; of models and predictions, those of a batch's models.
_LEARNT = ("plays/songs", "plays/users", "split/", "wmf/", "bow/", "embeddings/")
_SETTINGS = ("audio", BOW, "embeddings", "encoders")

Vectors = dict[tuple[str, str, int | None], np.ndarray]  # from ``of``, ``name`` and ``seed``: float32 [songs, k]


class Batch(NamedTuple):
    """One batch: ``info`` is what ``batch.json`` holds."""

    folder: Path
    info: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name or date."""
        return self.folder.name

    def songs(self) -> pl.DataFrame:
        """Read its songs (``SONGS``), those that an earlier batch holds among them."""
        return read_table(self.folder / "songs.parquet")


class NewSongs(NamedTuple):
    """Songs that batches hold: table ``SONGS``, and their vectors, NaN rows for songs without."""

    songs: pl.DataFrame
    vectors: Vectors


def check_name(name: str) -> None:
    """Check that a batch's name can name a folder. Raises InputError."""
    if not NAME.fullmatch(name):
        raise InputError(f"batch {name!r}: letters, digits, '.', '_' and '-' alone make the name of a batch")


def read_batches(run: str | Path) -> list[Batch]:
    """List the batches in a run's folder, in the order in which they were made.

    Raises
    ------
    InputError
        The file of a batch is damaged.
    """
    found = []
    for path in Path(run).glob(f"{FOLDER}/*/{INFO}"):
        try:
            info = json.loads(path.read_text(encoding="utf-8"))
            found.append((str(info["made"]), path.parent.name, Batch(path.parent, info)))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: damaged ({error}): delete this folder, and place its songs again") from error
    return [batch for *_, batch in sorted(found, key=lambda one: one[:2])]


def learnt_digest(files: RunFiles, models: Iterable[str]) -> str:
    """Digest all that songs are placed with: settings, and what the run's record says of the files it has learnt."""
    names = set(models)
    while further := {on.name for name in names for on in stands_on(find_model(files, name))} - names:
        names |= further
    kinds = {name: files.config["models"][name] for name in sorted(names)}
    settings = {section: files.config.get(section) for section in _SETTINGS}
    begins = _LEARNT + tuple(f"{part}/{name}/" for part in ("models", "predictions") for name in sorted(names))
    learnt = {path: digest for path, digest in files.outputs.items() if path.startswith(begins)}
    text = json.dumps([kinds, settings, learnt], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def valid_batches(files: RunFiles, models: Iterable[str] = ()) -> list[Batch]:
    """List the batches that were placed by what the run is now, and by some models at least."""
    wanted, known = set(models), set(files.config["models"])
    digests: dict[tuple[str, ...], str] = {}
    found = []
    for batch in read_batches(files.folder):
        names = tuple(batch.info["models"])
        if wanted <= set(names) <= known:
            if names not in digests:
                digests[names] = learnt_digest(files, names)
            if digests[names] == batch.info["learnt"]:
                found.append(batch)
    return found


def held(batches: Sequence[Batch]) -> pl.DataFrame:
    """List the songs that batches hold (``SONGS``), each once: by the newest batch, of those that could place it."""
    own = [batch.songs().filter(pl.col("status") != PLACED).with_columns(batch=pl.lit(batch.name)) for batch in batches]
    every = pl.concat([pl.DataFrame(schema=SONGS), *own])
    best = every.with_row_index("row").sort(pl.col("status") == OK, "row").unique("song_id", keep="last")
    return best.sort("row").drop("row")


def read_new_songs_of(batches: Sequence[Batch]) -> NewSongs:
    """Read the songs that batches hold, and their vectors."""
    songs = held(batches)
    rows = dict(zip(zip(songs["batch"], songs["song_id"], strict=True), range(songs.height), strict=True))
    vectors: Vectors = {}
    for batch in batches:
        table = read_table(batch.folder / "vectors.parquet")
        for key, part in table.group_by("of", "name", "seed", maintain_order=True):
            places = np.array([rows.get((batch.name, song_id), -1) for song_id in part["song_id"]])
            values = part["vector"].explode().to_numpy().reshape(part.height, -1)
            whole = vectors.setdefault(key, np.full((songs.height, values.shape[1]), np.nan, dtype=np.float32))
            whole[places[places >= 0]] = values[places >= 0]
    return NewSongs(songs, vectors)


def vectors_table(songs: pl.DataFrame, vectors: Vectors) -> pl.DataFrame:
    """Put vectors in one table (``VECTORS``); a song without a vector has no row."""
    parts = [pl.DataFrame(schema=VECTORS)]
    for (of, name, seed), array in vectors.items():
        rows = np.flatnonzero(np.isfinite(array).all(axis=1))
        named = [
            pl.lit(value, VECTORS[key]).alias(key) for key, value in {"of": of, "name": name, "seed": seed}.items()
        ]
        vector = pl.Series("vector", array[rows], dtype=pl.Array(pl.Float32, array.shape[1])).cast(VECTORS["vector"])
        parts.append(pl.DataFrame([songs["song_id"].gather(rows), vector]).select(*named, "song_id", "vector"))
    return pl.concat(parts)
