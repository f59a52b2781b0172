"""The tables of the nearest songs, in words."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from coldwave.analysis.names import song_labels
from coldwave.exhibits.markdown import percent


def neighbour_columns(found: pl.DataFrame, songs: pl.DataFrame) -> dict[str, list[str]]:
    """A row for each query and rank, a column for each kind of vectors (``neighbours.NEIGHBOURS``)."""
    labels = song_labels(songs)
    keys = found.select("query", "rank").unique(maintain_order=True).rows()
    columns = {"query": [labels[query] if rank == 1 else "" for query, rank in keys]}
    for name in found["vectors"].unique(maintain_order=True):
        own = found.filter(pl.col("vectors") == name).select("query", "rank", "song", "cosine")
        cells = {(query, rank): f"{labels[song]} ({cosine:.2f})" for query, rank, song, cosine in own.iter_rows()}
        columns[f"by {name}"] = [cells.get(key, "–") for key in keys]
    return columns


def neighbour_notes(settings: Mapping[str, Any], missing: int) -> list[str]:
    """How to read the table of neighbours."""
    own = "may be among them" if settings["same_artist"] else "are left out"
    queries = (
        "the most played test songs of different artists" if settings["queries"] is None else "named in the config"
    )
    notes = [
        "Two songs are near if they are predicted for the same users. In brackets: the cosine of their vectors of "
        "scores for all users. Usage factors come from the songs' own plays, a model's factors from their sound.",
        f"The queries are {queries}. Their neighbours come from all songs, training songs included; songs by the "
        f"query's artist {own}.",
    ]
    if missing:
        notes.append(f"{missing:,} songs without plays or without usable audio are neither queries nor neighbours.")
    return notes


def artist_columns(counted: pl.DataFrame) -> dict[str, list[str]]:
    """Format the counts for people (``neighbours.ARTISTS``)."""
    return {
        "by": counted["vectors"].to_list(),
        "same artist": [percent(share) for share in counted["same_artist"]],
        "by chance": [percent(share) for share in counted["chance"]],
        "artists in a list": ["–" if mean is None else f"{mean:.2f}" for mean in counted["artists"]],
        "queries": [f"{queries:,}" for queries in counted["queries"]],
    }


def artist_notes(counted: pl.DataFrame) -> list[str]:
    """How to read the counts."""
    length = counted["neighbours"][0]
    return [
        f"Every test song with a known artist is a query. Same artist: the share of its {length} nearest songs that "
        "are by its artist. By chance: the share of all other songs that are by its artist. Artists in a list: the "
        f"number of different artists of the {length}.",
        "The paper says of its four queries that neighbours by usage stick to one artist, and those by sound vary.",
    ]
