"""The demo world as tables in common formats, and the truth behind them."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.files import replacing, write_table
from coldwave.world.names import album_titles, artist_names, release_dates, song_ids, song_titles, user_ids
from coldwave.world.recordings import FORMATS
from coldwave.world.styles import STYLES, draw_styles
from coldwave.world.tags import draw_tags, instrument
from coldwave.world.users import draw_plays, draw_tastes

SHORTEST = 3.5  # seconds: a 3-second window must fit

SONGS = {
    "song_id": pl.String,
    "title": pl.String,
    "artist": pl.String,
    "album": pl.String,
    "date": pl.String,
    "tags": pl.List(pl.String),
}
TRUTH = {
    "song_id": pl.String,
    "artist_name": pl.String,
    **STYLES,
    "instrument": pl.String,
    "contour_name": pl.String,
    "beat_name": pl.String,
    "users": pl.UInt32,
}
"""Every planted trait of a song: the columns of ``styles.STYLES``, and what they mean in words."""

PLAYS = {"user_id": pl.String, "song_id": pl.String, "count": pl.UInt32}


@dataclass(frozen=True)
class World:
    """The demo world: rows of ``songs`` and ``truth`` belong together."""

    songs: pl.DataFrame  # columns of SONGS
    truth: pl.DataFrame  # columns of TRUTH
    plays: pl.DataFrame  # columns of PLAYS, in random order


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse a world that cannot be made.

    Raises
    ------
    InputError
        With every mistake in ``songs, artists, users, seconds, audio_format, seed``.
    """
    mistakes = []
    for key, least in (("songs", 2), ("artists", 1), ("users", 1), ("seed", 0)):
        value = options[key]
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            mistakes.append(f"world.{key} is {value!r}: give a whole number, {least} or more")
    if not mistakes and options["artists"] > options["songs"]:
        mistakes.append(
            f"world.artists is {options['artists']} but world.songs only {options['songs']}: "
            "every artist needs a song, so give fewer artists or more songs"
        )
    seconds = options["seconds"]
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not SHORTEST <= seconds < math.inf:
        mistakes.append(f"world.seconds is {seconds!r}: songs must last {SHORTEST} seconds or more")
    if options["audio_format"] not in FORMATS:
        mistakes.append(f"world.audio_format is {options['audio_format']!r}: give one of {', '.join(FORMATS)}")
    if mistakes:
        raise InputError("the demo world cannot be made: " + "; ".join(mistakes))


def draw_world(songs: int, artists: int, users: int, seed: int) -> World:
    """Draw all of the demo world except its sound. The same arguments give the same tables."""
    style, label, taste, play, shuffle, release = (
        np.random.default_rng(child) for child in np.random.SeedSequence(seed, spawn_key=(0,)).spawn(6)
    )
    styles = draw_styles(songs, artists, style)
    artist = styles["artist"].to_numpy()
    named = np.array(artist_names(artists, label), dtype=object)
    table = pl.DataFrame(
        {
            "song_id": song_ids(songs, label),
            "title": song_titles(songs, label),
            "artist": named[artist].tolist(),
            "album": (album := album_titles(artist, label)),
            "date": release_dates(artist, album, release),
            "tags": draw_tags(styles, label),
        },
        schema=SONGS,
    )
    ids = pl.Series(user_ids(users, label), dtype=pl.String)
    indices = draw_plays(draw_tastes(styles, users, taste), play)
    plays = pl.DataFrame(
        {
            "user_id": ids.gather(indices["user"]),
            "song_id": table["song_id"].gather(indices["song"]),
            "count": indices["count"],
        },
        schema=PLAYS,
    )
    truth = styles.with_columns(
        song_id=table["song_id"],
        artist_name=table["artist"],
        instrument=pl.Series([instrument(row) for row in styles.iter_rows(named=True)], dtype=pl.String),
        contour_name=pl.when(pl.col("contour") > 0).then(pl.lit("rising")).otherwise(pl.lit("falling")),
        beat_name=pl.when(pl.col("beat") > 0).then(pl.lit("alternating")).otherwise(pl.lit("paired")),
        users=pl.Series(np.bincount(indices["song"], minlength=songs), dtype=pl.UInt32),
    ).select(list(TRUTH))
    return World(songs=table, truth=truth, plays=plays[shuffle.permutation(len(plays))])


def write_triplets(path: Path, plays: pl.DataFrame) -> None:
    """Write plays in the Taste Profile's format: user TAB song TAB count, no header."""
    with replacing(path) as temporary:
        plays.select(list(PLAYS)).write_csv(temporary, include_header=False, separator="\t")


def write_songs(path: Path, songs: pl.DataFrame, audio: Path, audio_format: str) -> None:
    """Write the songs table as CSV: tags joined by ``|``, audio paths relative to the table's own folder."""
    folder = Path(os.path.relpath(audio, path.parent)).as_posix()
    manifest = songs.with_columns(
        tags=pl.col("tags").list.join("|"),
        audio=pl.format("{}/{}.{}", pl.lit(folder), pl.col("song_id"), pl.lit(audio_format)),
    )
    with replacing(path) as temporary:
        manifest.write_csv(temporary)


def write_truth(path: Path, truth: pl.DataFrame) -> None:
    """Write every planted trait of every song."""
    write_table(path, truth, TRUTH)
