"""Refuse a split whose parts overlap."""

import polars as pl

from coldwave.errors import InputError
from coldwave.split.groups import group_names
from coldwave.split.parts import PARTS, UNHEARD


def check_parts(split: pl.DataFrame, songs: pl.DataFrame, by: str, source: object) -> None:
    """Refuse a split whose parts overlap, whoever made it.

    Parameters
    ----------
    split : table ``song``, ``part``
    songs : table with ``song``, ``song_id`` and ``artist``, row n is song n
    by : "artist": no artist may be in two parts
    source : the file that it is from, for messages

    Raises
    ------
    InputError
        A song is in two parts or in none; a part has another name, or is empty; by artist, an artist is in two parts.
    """
    if strange := sorted(set(split["part"].to_list()) - {*PARTS, UNHEARD}, key=str):
        raise InputError(f"{source}: {strange[0]!r} is no part: the parts are {', '.join(PARTS)}")
    ids = songs["song_id"]
    if (twice := split["song"].is_duplicated()).any():
        song = split.filter(twice)["song"].min()
        named = " and ".join(sorted(split.filter(pl.col("song") == song)["part"]))
        raise InputError(f"{source}: song {ids[song]!r} is there twice, in {named}: parts must not overlap")
    if lacking := sorted(set(songs["song"]) ^ set(split["song"])):
        name = ids[lacking[0]] if lacking[0] < len(ids) else lacking[0]
        raise InputError(f"{source}: song {name!r} is in no part, or not among the {len(songs):,} songs of this run")
    for name in PARTS:
        if name not in split["part"]:
            raise InputError(f"{source}: the {name} part is empty")
    if by == "artist":
        known = songs.sort("song").with_columns(group=pl.Series(group_names(songs.sort("song"), by)))
        split = split.filter(pl.col("part") != UNHEARD)  # it tells nothing of its artist
        parts = (
            known.join(split, on="song").group_by("group").agg(pl.col("part").unique(), pl.first("song_id", "artist"))
        )
        torn = parts.filter(pl.col("part").list.len() > 1).sort("song_id")
        if len(torn):
            artist, named = torn["artist"][0], " and ".join(sorted(torn["part"][0]))
            raise InputError(
                f"{source}: artist {artist!r} (song {torn['song_id'][0]!r}) is in {named}, but split.by is artist"
            )
