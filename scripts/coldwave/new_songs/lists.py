"""For each new song, the users it stands out for and the songs nearest to it, by every model."""

import numpy as np
import polars as pl

from coldwave.analysis.neighbours import nearest
from coldwave.analysis.usage_patterns import pattern_root, unit_patterns, usable
from coldwave.evaluation.recommendation import FEW
from coldwave.files import read_table
from coldwave.models.knn import unit_length
from coldwave.new_songs.batches import FEATURES, PREDICTIONS, NewSongs
from coldwave.use.files import RunFiles
from coldwave.use.kinds import EVERYONE
from coldwave.use.lift import Lift, best_users
from coldwave.use.models import Model, features_of, find_model
from coldwave.use.neighbours import SOUND, USAGE

NAMES = ["song_id", "title", "artist"]
_NAMED = dict.fromkeys(NAMES, pl.String)
USERS = {
    **_NAMED,
    "model": pl.String,
    "seed": pl.Int64,
    "rank": pl.UInt32,
    "user_id": pl.String,
    "lift": pl.Float64,  # how far the score is above the user's others (``coldwave.use.lift``)
    "score": pl.Float64,
    "mean": pl.Float64,
    "deviation": pl.Float64,
}
NEIGHBOURS = {
    **_NAMED,
    "by": pl.String,  # "sound", or "usage": the users that a model expects
    "name": pl.String,  # of the features, or of the model
    "seed": pl.Int64,
    "rank": pl.UInt32,
    "neighbour_id": pl.String,
    "neighbour_title": pl.String,
    "neighbour_artist": pl.String,
    "neighbour_batch": pl.String,  # of a new song; null for a song of the run
    "cosine": pl.Float64,
}


def list_users(files: RunFiles, new: NewSongs, number: int) -> pl.DataFrame:
    """List the users for whom each song stands out, by each model that predicts it (``USERS``)."""
    user_ids = read_table(files.path("plays/users.parquet"), ["user_id"])["user_id"]
    listed = [pl.DataFrame(schema=USERS)]
    for (of, name, seed), vectors in new.vectors.items():
        if of != PREDICTIONS or not (songs := np.flatnonzero(usable(vectors))).size:
            continue
        model = find_model(files, name, seed)
        every = Lift(model.users, model.songs)
        for song in songs:
            values = best_users(every, user_ids, model.users, vectors[song], number)
            named = dict(zip(NAMES, new.songs.select(NAMES).row(int(song)), strict=True))
            named |= {"model": name, "seed": seed, "rank": np.arange(1, len(values["user_id"]) + 1)}
            listed.append(pl.DataFrame(named | values, schema_overrides=_NAMED).select(list(USERS)).cast(USERS))
    return pl.concat(listed).sort("song_id", maintain_order=True)


def list_neighbours(files: RunFiles, new: NewSongs, earlier: NewSongs, number: int) -> pl.DataFrame:
    """List the nearest songs of each new song (``NEIGHBOURS``): songs of the run, and other new ones.

    By sound they have the highest cosine of features, by usage that of predicted usage patterns. Songs of the run are
    predicted as well, so that like is compared with like. Few users (``FEW``) do not tell who plays what: neighbours
    are then those by sound.

    Parameters
    ----------
    new : the songs whose neighbours are listed; earlier : other new songs, placed by the same run
    """
    known = files.songs.select(NAMES).with_columns(batch=pl.lit(None, pl.String))
    every = pl.concat([known, *(part.songs.select(*NAMES, "batch") for part in (earlier, new))])
    listed = [pl.DataFrame(schema=NEIGHBOURS)]
    roots: dict[str, np.ndarray] = {}
    for (of, name, seed), vectors in new.vectors.items():
        if not usable(vectors).any() or (of == PREDICTIONS and files.users < FEW):
            continue
        if of == PREDICTIONS and find_model(files, name, seed).vectors == EVERYONE:
            continue  # who plays a song is what it does not tell
        others = earlier.vectors.get((of, name, seed), np.full((earlier.songs.height, vectors.shape[1]), np.nan))
        added = np.vstack((others, vectors)).astype(np.float32)
        if of == FEATURES:
            units = np.vstack((unit_length(files.array(features_of(name))), unit_length(added)))
        else:
            model = find_model(files, name, seed)
            root = _root(model, roots)
            units = np.vstack((unit_patterns(model.songs, root), unit_patterns(added, root)))
        there = usable(units)
        queries = np.flatnonzero(there[-new.songs.height :]) + len(units) - new.songs.height
        found, cosines = nearest(units, queries, np.flatnonzero(there), number)
        by = SOUND if of == FEATURES else USAGE
        listed.append(_rows(every, queries, found, cosines, (by, name, seed)))
    return pl.concat(listed).sort("song_id", maintain_order=True)


def _root(model: Model, roots: dict[str, np.ndarray]) -> np.ndarray:
    """The root of the Gram matrix of a model's users; models of factors share it."""
    key = f"{model.name}/{model.seed}" if model.has_own_users else ""
    if key not in roots:
        roots[key] = pattern_root(model.users)
    return roots[key]


def _rows(
    every: pl.DataFrame, queries: np.ndarray, found: np.ndarray, cosines: np.ndarray, named: tuple[str, str, int | None]
) -> pl.DataFrame:
    there = found >= 0
    rank = np.broadcast_to(np.arange(1, found.shape[1] + 1), found.shape)[there]
    own = every.select(NAMES)[np.repeat(queries, there.sum(axis=1))]
    other = every[found[there]].rename({"batch": "neighbour_batch", "song_id": "neighbour_id"} | {
        name: f"neighbour_{name}" for name in ("title", "artist")})  # fmt: skip
    named_by = [
        pl.lit(value, NEIGHBOURS[key]).alias(key) for key, value in zip(("by", "name", "seed"), named, strict=True)
    ]
    ranked = pl.DataFrame({"rank": rank, "cosine": cosines[there]})
    return (
        pl.concat([own, other, ranked], how="horizontal")
        .with_columns(named_by)
        .select(list(NEIGHBOURS))
        .cast(NEIGHBOURS)
    )
