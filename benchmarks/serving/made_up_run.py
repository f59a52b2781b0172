"""A finished run of any size, made up: names, plays, features, and factors that nothing was learnt from."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from coldwave.files import write_array, write_table
from coldwave.models.weights import write_weights
from coldwave.plays.tables import SONGS, USERS, write_plays, write_songs, write_users
from coldwave.split.parts import SCHEMA

SEED = 0
WORDS = 20_000  # of all titles, artists and albums
CODEBOOK, COEFFICIENTS = 500, 13
NEVER = 0.2  # share of songs that nobody has played
CONFIG = {
    "seed": SEED,
    "embeddings": {},
    "world": None,
    "plays": {"history": {}, "matching": {}, "songs": {}},
    "audio": {"sample_rate": 22050, "window": 1024, "hop": 512, "mel_bands": 128, "duration": 30.0, "offset": "middle",
              "min_seconds": 1.0, "timeout": 60.0, "shards": 2},
    "bow": {"coefficients": COEFFICIENTS},
    "wmf": {"alpha": 2.0, "epsilon": 1.0, "regularization": 1.0, "unplayed_weight": 1.0, "frequency_scaling": 0.0},
    "models": {"linear": {"kind": "linear", "features": "bow", "refit": False}},
}  # fmt: skip


def write_run(folder: Path, songs: int, users: int, played: int, factors: int) -> None:
    """Write a run of ``songs`` and ``users``, who have played about ``played`` songs each, with ``factors`` factors."""
    rng = np.random.default_rng(SEED)
    plays = _plays(songs, users, played, rng)
    write_plays(folder / "plays/plays.parquet", plays)
    write_songs(folder / "plays/songs.parquet", _songs(songs, plays, rng))
    write_users(folder / "plays/users.parquet", _users(users, plays))
    part = rng.choice(["train", "validation", "test"], songs, p=[0.8, 0.1, 0.1])
    split = pl.DataFrame({"song": range(songs), "part": part}, schema=SCHEMA)
    write_table(folder / "split/split.parquet", split, SCHEMA)
    write_array(folder / "wmf/fitted_songs.npy", part == "train")
    tastes = rng.normal(size=(songs, factors)).astype(np.float32) / np.float32(factors**0.5)
    write_array(folder / "wmf/song_factors.npy", tastes)
    write_array(folder / "wmf/user_factors.npy", rng.normal(size=(users, factors)).astype(np.float32))
    features = tastes + rng.normal(size=tastes.shape).astype(np.float32) / np.float32(factors**0.5)
    write_array(folder / "bow/features.npy", features)
    shapes = {
        "codebook": (CODEBOOK, 3 * COEFFICIENTS),
        "frame_scale": (3 * COEFFICIENTS,),
        "pca_mean": (CODEBOOK,),
        "pca_components": (factors, CODEBOOK),
    }
    for name, shape in shapes.items():
        write_array(folder / f"bow/{name}.npy", np.abs(rng.normal(size=shape)).astype(np.float32) + 1)
    weights = {"weights": np.eye(factors, dtype=np.float32) / 2, "intercept": np.zeros(factors, np.float32)}
    write_array(folder / f"predictions/linear/{SEED}.npy", features @ weights["weights"].T)
    write_weights(folder / f"models/linear/{SEED}.safetensors", weights, CONFIG["models"]["linear"])
    config = yaml.safe_dump({"run": folder.name, **CONFIG, "wmf": CONFIG["wmf"] | {"factors": factors}})
    record = {"config": config, "seeds": [SEED], "inputs": {}, "versions": {}, "machine": {}}
    (folder / "provenance.json").write_text(json.dumps({**record, "outputs": {"plays/plays.parquet": ""}}))


def _plays(songs: int, users: int, played: int, rng: np.random.Generator) -> pl.DataFrame:
    """Draw pairs, of songs that few or many play: the square of a uniform number favours the first of some order."""
    order = rng.permutation(songs)[: int(songs * (1 - NEVER))]
    number = users * played
    song = order[(rng.random(number) ** 2 * len(order)).astype(np.int64)]
    pairs = pl.DataFrame({"user": rng.integers(users, size=number), "song": song}).unique().sort("user", "song")
    pairs = pairs.with_columns(count=pl.Series(rng.geometric(0.4, pairs.height)))
    return pairs.cast({"user": pl.UInt32, "song": pl.UInt32, "count": pl.UInt32})


def _songs(songs: int, plays: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    words = np.array(["".join(letters) for letters in rng.choice(list("aeioubdfgklmnprst"), (WORDS, 6))])

    def names(number: int, of: int) -> np.ndarray:
        drawn = words[(rng.random((number, of)) ** 3 * WORDS).astype(np.int64)]
        return np.array([" ".join(row) for row in drawn.tolist()])

    artists, albums = names(songs // 20 + 1, 2), names(songs // 10 + 1, 3)
    artist = rng.integers(len(artists), size=songs)
    known = {
        "song": np.arange(songs),
        "song_id": [f"S{song:07}" for song in range(songs)],
        "title": names(songs, 3),
        "artist": artists[artist],
        "album": albums[rng.integers(len(albums), size=songs)],
        "date": [None] * songs,
        "tags": [[tag] for tag in words[rng.integers(50, size=songs)].tolist()],
        **dict.fromkeys(("audio", "recording_mbid", "track_mbid", "isrc", "seconds"), [None] * songs),
    }
    counted = plays.group_by("song").agg(users=pl.len(), plays=pl.col("count").sum())
    table = pl.DataFrame(known, schema_overrides={"song": pl.UInt32})
    table = table.join(counted, on="song", how="left", maintain_order="left")
    return table.with_columns(pl.col("users", "plays").fill_null(0)).select(list(SONGS)).cast(SONGS)


def _users(users: int, plays: pl.DataFrame) -> pl.DataFrame:
    counted = plays.group_by("user").agg(songs=pl.len(), plays=pl.col("count").sum())
    table = pl.DataFrame(
        {"user": range(users), "user_id": [f"u{user:07}" for user in range(users)]},
        schema_overrides={"user": pl.UInt32},
    )
    return table.join(counted, on="user", how="left", maintain_order="left").fill_null(0).cast(USERS)
