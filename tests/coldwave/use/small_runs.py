"""A small finished run, written by the library's own writers: what the workflow would have left of it."""

import functools
import json
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from coldwave.files import write_array, write_table
from coldwave.models.knn import mean_played, unit_length
from coldwave.models.linear import fit_linear, predict_linear
from coldwave.models.mlr.vectors import embed, metric_users, song_vectors
from coldwave.models.weights import write_weights
from coldwave.plays.tables import SONGS, USERS, write_plays, write_songs, write_users
from coldwave.split.parts import SCHEMA
from coldwave.use.hearing import NAMED, Heard
from coldwave.wmf.als import factorise_songs
from coldwave.wmf.gram import score_metric

SEED = 3
FACTORS = 5
WMF = {
    "factors": FACTORS,
    "alpha": 2.0,
    "epsilon": 0.5,
    "regularization": 0.8,
    "unplayed_weight": 0.7,
    "frequency_scaling": 0.0,
}
MODELS = {
    "random": {"kind": "random"},
    "knn": {"kind": "knn", "features": "bow"},
    "metric": {"kind": "mlr", "features": "bow", "similarity": "distance"},
    "linear": {"kind": "linear", "features": "bow", "refit": False},
    "usage_in_sample": {"kind": "usage", "held_out": False},
}
UNHEARD = 6  # songs, the last ones, that nobody has played
NO_AUDIO = 4  # a song without features


def make_plays(users: int, songs: int, rng: np.random.Generator) -> tuple[pl.DataFrame, np.ndarray]:
    """Draw features of songs, and plays of users with a taste for some of them."""
    features = rng.normal(size=(songs, 10)).astype(np.float32)
    taste = rng.normal(size=(users, 10))
    chance = 1 / (1 + np.exp(1.2 - (taste @ features.T) / 2 - rng.normal(size=songs)))
    chance[:, songs - UNHEARD :] = 0
    played = rng.random((users, songs)) < chance
    played[:, :3] |= ~played.any(axis=1, keepdims=True)
    user, song = np.nonzero(played)
    count = rng.geometric(0.4, len(user))
    plays = pl.DataFrame({"user": user, "song": song, "count": count})
    features[NO_AUDIO] = np.nan
    return plays.cast({"user": pl.UInt32, "song": pl.UInt32, "count": pl.UInt32}), features


def songs_table(plays: pl.DataFrame, songs: int) -> pl.DataFrame:
    """Name songs: seven artists, and songs without; three tags; five folders."""
    counted = plays.group_by("song").agg(users=pl.len(), plays=pl.col("count").sum())
    table = pl.DataFrame(
        {
            "song": range(songs),
            "song_id": [f"S{song:03}" for song in range(songs)],
            "title": [f"Title {song}" for song in range(songs)],
            "artist": [f"Artist {song % 7}" if song % 11 else None for song in range(songs)],
            "album": [f"Album {song % 13}" for song in range(songs)],
            "date": [None] * songs,
            "tags": [[("rock", "Folk", "jazz")[song % 3]] for song in range(songs)],
            "audio": [f"music/{song % 5}/{song}.flac" for song in range(songs)],
            **dict.fromkeys(("recording_mbid", "track_mbid", "isrc", "seconds"), [None] * songs),
        },
        schema_overrides={"song": pl.UInt32},
    ).join(counted, on="song", how="left", maintain_order="left")
    return table.with_columns(pl.col("users", "plays").fill_null(0)).cast(SONGS)


def users_table(plays: pl.DataFrame, users: int) -> pl.DataFrame:
    """Name users u0000, u0001 and so on."""
    counted = plays.group_by("user").agg(songs=pl.len(), plays=pl.col("count").sum())
    named = {"user": range(users), "user_id": [f"u{user:04}" for user in range(users)]}
    table = pl.DataFrame(named, schema_overrides={"user": pl.UInt32})
    return table.join(counted, on="user", how="left", maintain_order="left").fill_null(0).cast(USERS)


@functools.cache
def _factorised(users: int, songs: int, wmf: tuple) -> tuple:
    """Make plays, features, the parts of songs, and the factors of users and of songs: once for all runs alike."""
    plays, features = make_plays(users, songs, np.random.default_rng(SEED))
    part = np.array(["train"] * 7 + ["validation"] * 2 + ["test"])[np.arange(songs) % 10]
    settings = {"iterations": 400, "solver": "exact", "seed": 1, "threads": 1, **dict(wmf)}
    x, y, _ = factorise_songs(plays, part == "train", users, **settings)
    for array in (features, part, x, y):
        array.flags.writeable = False
    return plays, features, part, x, y


def write_run(folder: Path, users: int = 90, songs: int = 60, models: dict = MODELS, wmf: dict = WMF) -> Path:
    """Write a finished run of models that listen, of factors and of means, to ``folder``."""
    plays, features, part, x, y = _factorised(users, songs, tuple(wmf.items()))
    write_songs(folder / "plays/songs.parquet", songs_table(plays, songs))
    write_users(folder / "plays/users.parquet", users_table(plays, users))
    write_plays(folder / "plays/plays.parquet", plays)
    write_table(
        folder / "split/split.parquet", pl.DataFrame({"song": range(songs), "part": part}, schema=SCHEMA), SCHEMA
    )
    training = part == "train"
    for name, array in (("user_factors", x), ("song_factors", y), ("fitted_songs", training)):
        write_array(folder / f"wmf/{name}.npy", array)
    write_array(folder / "bow/features.npy", features)
    write_models(folder, plays, features, training, x, y, models)
    config = {"run": folder.name, "seed": SEED, "embeddings": {}, "wmf": wmf, "models": models}
    parts = {
        "config": yaml.safe_dump(config, sort_keys=False),
        "seeds": [SEED],
        "inputs": {},
        "versions": {},
        "machine": {},
    }
    (folder / "provenance.json").write_text(json.dumps({**parts, "outputs": {"plays/plays.parquet": ""}}))
    return folder


def change_config(folder: Path, **changed: dict) -> None:
    """Change sections of the config in a run's record: their keys are added, or replaced."""
    record = json.loads((folder / "provenance.json").read_text())
    config = yaml.safe_load(record["config"])
    config |= {section: config.get(section, {}) | keys for section, keys in changed.items()}
    (folder / "provenance.json").write_text(json.dumps(record | {"config": yaml.safe_dump(config, sort_keys=False)}))


def as_new(run, songs, **named) -> Heard:
    """Take songs of a run for songs that come later, perhaps with other names."""
    table = run.songs[songs].select(list(NAMED)).with_columns(**named)
    return Heard(run.files, table, [], {"bow": np.asarray(run.files.array("bow/features.npy"))[songs]})


def write_models(folder, plays, features, training, x, y, models) -> None:
    """Write the predictions of some kinds of models, and the weights of those that learn."""
    rng, users = np.random.default_rng(1), len(x)
    for name, settings in models.items():
        weights, own_users = None, None
        if settings["kind"] == "linear":
            fit = fit_linear(features, y, training, score_metric(x), [0.1, 1.0])
            vectors = predict_linear(features, fit.weights, fit.intercept, fit.left_out)
            weights = {"weights": fit.weights, "intercept": fit.intercept}
        elif settings["kind"] == "knn":
            vectors = unit_length(features)
            own_users = mean_played(plays, vectors, training, users)
        elif settings["kind"] == "mlr":
            mean, factor = rng.normal(size=10) / 5, rng.normal(size=(10, 4))
            embedded = embed(features, mean, factor)
            vectors = song_vectors(embedded, settings["similarity"])
            own_users = metric_users(plays, embedded, training, users, settings["similarity"])
            weights = {"mean": mean, "factor": factor}
        elif settings["kind"] == "random":
            vectors, own_users = (rng.normal(size=(n, 8)).astype(np.float32) for n in (len(y), users))
        else:
            vectors = y
        write_array(folder / f"predictions/{name}/{SEED}.npy", vectors)
        if own_users is not None:
            write_array(folder / f"predictions/{name}/{SEED}.users.npy", own_users)
        if weights:
            write_weights(folder / f"models/{name}/{SEED}.safetensors", weights, settings, fitted_on=training)
