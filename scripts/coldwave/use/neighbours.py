"""The nearest songs to one song: by how they sound, and by who is expected to play them."""

import numpy as np
import polars as pl

from coldwave.analysis.neighbours import nearest
from coldwave.analysis.usage_patterns import usable
from coldwave.use.reasons import shared_tags

SOUND, USAGE = "sound", "usage"
SIMILAR = {
    "by": pl.String,
    "rank": pl.UInt32,
    "song": pl.UInt32,
    "song_id": pl.String,
    "title": pl.String,
    "artist": pl.String,
    "cosine": pl.Float64,
    "tags": pl.List(pl.String),
}


def nearest_songs(
    songs: pl.DataFrame, by: str, units: np.ndarray, query: np.ndarray, song: int | None, number: int, tags: list[str]
) -> pl.DataFrame:
    """List the songs with the highest cosine to one song (``SIMILAR``); none if it has no vector.

    Parameters
    ----------
    units : float32 [songs, k], at unit length, NaN rows for songs without; query : float32 [k], likewise
    song : the song's own number, which is left out, or None for a file
    tags : of the song, to find those in common
    """
    if not np.isfinite(query).all():
        return pl.DataFrame(schema=SIMILAR)
    known = np.flatnonzero(usable(units))
    if song is None:
        units, song = np.vstack((units, query)), len(units)
    found, cosines = nearest(units, np.array([song]), known, number)
    places = found[0][found[0] >= 0]
    named = songs[places.tolist()]
    return named.select(
        by=pl.lit(by),
        rank=pl.int_range(1, len(places) + 1, dtype=pl.UInt32, eager=True),
        song="song",
        song_id="song_id",
        title="title",
        artist="artist",
        cosine=pl.Series(cosines[0][: len(places)], dtype=pl.Float64),
        tags=pl.Series([shared_tags(tags, other) for other in named["tags"].to_list()], dtype=pl.List(pl.String)),
    ).cast(SIMILAR)
