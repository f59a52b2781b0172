"""Why a song is recommended: the song of the history that carries most of its score, and the tags that they share."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.analysis.names import song_labels
from coldwave.use.listeners import Listener
from coldwave.use.scoring import Scorer
from coldwave.use.seconds import Seconds


class Why(NamedTuple):
    """A score, divided over the songs of a listener's history.

    Attributes
    ----------
    score : of the song; the sum of ``parts`` in the table, and of ``rest``
    rest : what no song explains: zero for a listener who is folded in. For a user of the run it is what the
        factorisation was short of its optimum: its users are solved before the last step of its songs.
    by : "sound" or "plays": what the song is scored by
    table : ``song``, ``song_id``, ``title``, ``artist``, ``plays``, ``part``, ``tags`` (in common), highest part first
    tags : ``tag``, ``songs`` of the history that have it, ``plays`` of these; tags of the song alone
    seconds : of the audio, that carry the score; None if they were not asked for
    heard : how much each tag fits the song, as an encoder of the run hears it, best first; empty without one
    heard_played : the same in the mean over the songs of the history
    """

    score: float
    rest: float
    by: str
    table: pl.DataFrame
    tags: pl.DataFrame
    seconds: Seconds | None = None
    heard: Mapping[str, float] = MappingProxyType({})
    heard_played: Mapping[str, float] = MappingProxyType({})


def shared_tags(one: list[str], other: list[str]) -> list[str]:
    """List the tags of a song that another has as well; case does not matter."""
    known = {tag.casefold() for tag in other}
    return [tag for tag in one if tag.casefold() in known]


def reasons(songs: pl.DataFrame, listener: Listener, scorer: Scorer, recommended: np.ndarray) -> pl.DataFrame:
    """Find the song of the history that carries most of each recommended song's score, if one raises it.

    Returns
    -------
    table ``because_id``, ``because_title``, ``because_artist``, ``because_plays``, ``part`` (of the score), ``tags`` in
    common, and ``why``, in words; nulls if no song raises the score
    """
    nothing = (None, None, None, None, None, [], None)
    if not len(listener.songs):
        return pl.DataFrame([nothing] * len(recommended), schema=REASONS, orient="row")
    carried = listener.carried(scorer.rows(recommended))
    best = carried.argmax(axis=1)
    own = songs["tags"].gather(recommended.tolist()).to_list()
    others = songs[listener.songs[best].tolist()].select("song_id", "title", "artist", "tags")
    names, rows = song_labels(others), []
    for row, (song, (song_id, title, artist, tags)) in enumerate(
        zip(recommended.tolist(), others.iter_rows(), strict=True)
    ):
        part, count = float(carried[row, best[row]]), listener.counts[best[row]].item()
        if part <= 0:
            rows.append(nothing)
            continue
        said = "its listeners also play" if scorer.by_plays[song] else "sounds like"
        why = f"{said} {names[row]}, which you played {times(count)}"
        rows.append((song_id, title, artist, count, part, shared_tags(own[row], tags), why))
    return pl.DataFrame(rows, schema=REASONS, orient="row")


REASONS = {
    "because_id": pl.String,
    "because_title": pl.String,
    "because_artist": pl.String,
    "because_plays": pl.Float64,
    "part": pl.Float64,
    "tags": pl.List(pl.String),
    "why": pl.String,
}


def times(count: float) -> str:
    """Say how often: once, twice, 41 times."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def explain(songs: pl.DataFrame, listener: Listener, scorer: Scorer, song: int) -> Why:
    """Divide a song's score over the songs of a listener's history."""
    row = scorer.rows(np.array([song]))
    parts = listener.carried(row)[0]
    own = songs["tags"][song].to_list()
    named = songs[listener.songs.tolist()].select("song", "song_id", "title", "artist", "tags")
    table = named.with_columns(
        plays=pl.Series(listener.counts, dtype=pl.Float64),
        part=pl.Series(parts, dtype=pl.Float64),
        tags=pl.Series([shared_tags(own, other) for other in named["tags"].to_list()], dtype=pl.List(pl.String)),
    ).select("song", "song_id", "title", "artist", "plays", "part", "tags")
    counted = table.select("plays", pl.col("tags").alias("tag")).explode("tag").drop_nulls("tag")
    tags = counted.group_by("tag").agg(songs=pl.len(), plays=pl.col("plays").sum())
    return Why(
        float(row[0].astype(np.float64) @ listener.vector),
        float(row[0].astype(np.float64) @ listener.rest),
        "plays" if scorer.by_plays[song] else "sound",
        table.sort("part", descending=True, maintain_order=True),
        tags.sort(["songs", "tag"], descending=[True, False]),
    )
