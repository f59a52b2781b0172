"""Small finished runs to be served: one that has audio and hears files, one that has neither."""

from pathlib import Path

import numpy as np
import polars as pl
import soundfile as sf

from coldwave.audio.log_mel import log_mel, stored
from coldwave.plays.tables import write_songs, write_users
from tests.coldwave.use.heard_runs import AUDIO, write_heard_run
from tests.coldwave.use.small_runs import write_run

RATE = AUDIO["sample_rate"]
SECONDS = 6
MARKUP = '<img src=x onerror="document.body.remove()"> & <b>more</b>'
LONG = "u0003" + "f" * 60  # a user, number 3
MARKED = 8  # the song with that title
BARE = 7  # the song without names and tags
WITHOUT_AUDIO = 5  # songs from here on have no file


def sound(number: int, seconds: float = SECONDS) -> np.ndarray:
    """Make up a sound: two tones that beat, and some noise; float32 [seconds * RATE]."""
    rng, time = np.random.default_rng(number), np.arange(int(seconds * RATE)) / RATE
    tones = np.sin(2 * np.pi * (110 + 37 * number) * time) + np.sin(2 * np.pi * (500 + 91 * number) * time**1.1)
    return (0.2 * tones + 0.05 * rng.normal(size=len(time))).astype(np.float32)


def write_sounding_run(folder: Path) -> Path:
    """Write a run of 60 songs that hears files. The first songs of each ten have audio; one title is markup."""
    shape = [AUDIO[name] for name in ("sample_rate", "window", "hop", "mel_bands")]
    heard = {song: stored(log_mel(sound(song), *shape)) for song in range(60) if song % 10 < WITHOUT_AUDIO}
    write_heard_run(folder, heard)
    songs = pl.read_parquet(folder / "plays/songs.parquet")
    for song in heard:
        path = folder.parents[1] / songs["audio"][song]
        path.parent.mkdir(parents=True, exist_ok=True)
        sf.write(path, sound(song), RATE)
    title = pl.when(pl.col("song") == MARKED).then(pl.lit(MARKUP)).otherwise("title")
    write_songs(folder / "plays/songs.parquet", songs.with_columns(title=title))
    users = pl.read_parquet(folder / "plays/users.parquet")
    write_users(folder / "plays/users.parquet", users.with_columns(pl.col("user_id").replace("u0003", LONG)))
    return folder


def write_silent_run(folder: Path) -> Path:
    """Write a run whose songs have no audio, and in which nothing hears a file. One song has nothing but its id."""
    songs = pl.read_parquet(write_run(folder) / "plays/songs.parquet")
    known = pl.col("song") != BARE
    bare = {name: pl.when(known).then(name) for name in ("title", "artist", "album")}
    tags = pl.when(known).then("tags").otherwise([])
    write_songs(folder / "plays/songs.parquet", songs.with_columns(**bare, tags=tags))
    return folder
