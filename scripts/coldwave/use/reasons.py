"""Why a song is recommended, in full: its score divided over the songs of the history, and the tags that they share."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.use.because import shared_tags
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
