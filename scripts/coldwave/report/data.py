"""What the report says of a run's data: its sizes, its split, what was set aside, and songs without usable audio."""

from typing import NamedTuple

import polars as pl

from coldwave.shown import one_line
from coldwave.split.parts import PARTS, UNHEARD

FAILURES_SHOWN = 50


class Data(NamedTuple):
    """The tables that a run starts from, as in the data contracts; ``audio`` is None without an audio model."""

    songs: pl.DataFrame
    users: pl.DataFrame
    plays: pl.DataFrame
    split: pl.DataFrame
    rejected: pl.DataFrame
    audio: pl.DataFrame | None


def counts(data: Data) -> list[tuple[str, int]]:
    """Count songs, users, plays and pairs: name and number."""
    return [
        ("songs", len(data.songs)),
        ("users", len(data.users)),
        ("plays", int(data.plays["count"].sum())),
        ("user–song pairs", len(data.plays)),
    ]


def parts(split: pl.DataFrame, plays: pl.DataFrame) -> list[dict]:
    """Count the songs, user–song pairs and plays of each part of the split."""
    played = plays.group_by("song").agg(pl.len().alias("pairs"), pl.col("count").sum().alias("plays"))
    joined = split.join(played, on="song", how="left").group_by("part")
    joined = joined.agg(pl.len().alias("songs"), pl.col("pairs").sum(), pl.col("plays").sum())
    rows = {row["part"]: row for row in joined.iter_rows(named=True)}
    empty = {"songs": 0, "pairs": 0, "plays": 0}
    shown = [*PARTS, UNHEARD] if UNHEARD in rows else PARTS
    return [rows.get(part, {"part": part, **empty}) for part in shown]


def rejected_reasons(rejected: pl.DataFrame) -> list[dict]:
    """Count the input lines that were set aside, by source and reason, most first."""
    lines = rejected.group_by("source", "reason").agg(pl.len().alias("lines"))
    return lines.sort(["lines", "source", "reason"], descending=[True, False, False]).to_dicts()


def audio_statuses(audio: pl.DataFrame) -> list[dict]:
    """Count the songs of each status, most first."""
    songs = audio.group_by("status").agg(pl.len().alias("songs"))
    return songs.sort(["songs", "status"], descending=[True, False]).to_dicts()


def audio_failures(audio: pl.DataFrame, songs: pl.DataFrame) -> list[dict]:
    """List the first songs without usable audio, and why."""
    failed = audio.filter(pl.col("status") != "ok").sort("song").head(FAILURES_SHOWN)
    named = failed.join(
        songs.select("song", "song_id", "title", "artist"), on="song", how="left", maintain_order="left"
    )
    rows = named.select("song_id", "title", "artist", "status", "detail").iter_rows(named=True)
    return [{name: text and one_line(text) for name, text in row.items()} for row in rows]
