"""The nearest songs to one song: by how they sound, and by who is expected to play them."""

from pathlib import Path

import numpy as np
import polars as pl

from coldwave.analysis.neighbours import DECIMALS, highest, near_highest
from coldwave.analysis.usage_patterns import unit_patterns
from coldwave.errors import InputError
from coldwave.evaluation.recommendation import FEW
from coldwave.models.knn import unit_length
from coldwave.use.because import shared_tags
from coldwave.use.hearing import Heard
from coldwave.use.kinds import FACTORS
from coldwave.use.models import find_model
from coldwave.use.predicting import can_hear, predict
from coldwave.use.resources import Resources

SOUND, USAGE = "sound", "usage"
ROUNDING = 2 * 10**-DECIMALS  # cosines that are further apart than this stay apart when they are rounded
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


def similar(
    resources: Resources, song: str | Path | Heard, n: int, model: str | None, seed: int | None
) -> pl.DataFrame:
    """List the nearest songs to a song or a file, as `coldwave.use.run.Run.similar` says."""
    files = resources.files
    number, found = None if isinstance(song, Heard) else files.song_numbers.get(str(song)), []
    if number is None and not isinstance(song, Heard) and not Path(song).is_file():
        raise InputError(f"{song}: neither the song_id of a song of the run nor an audio file")
    heard = None if number is not None else resources.heard(song)
    tags = [] if number is None else files.songs["tags"][number].to_list()
    chosen = find_model(files, model, seed) if model else resources.factor_model()
    features = resources.sound(chosen)
    if features and (heard is None or features not in resources.files.config["embeddings"]):
        units = resources.units(features)
        query = units[number] if heard is None else unit_length(heard.features(features))[0]
        found.append(nearest_songs(files.songs, SOUND, units, query, number, n, tags))
    few = files.users < FEW  # too few to tell who plays what
    if chosen and chosen.vectors == FACTORS and not few and (heard is None or can_hear(chosen)):
        units, root = resources.patterns(chosen), resources.root
        query = units[number] if heard is None else unit_patterns(predict(heard, chosen), root)[0]
        found.append(nearest_songs(files.songs, USAGE, units, query, number, n, tags))
    if not found and heard is None:
        raise InputError(f"{song}: the run has no features of songs, and nothing else to compare them by")
    if not found:
        raise InputError(f"{heard.named}: nothing in this run hears a file; it takes embeddings that came in a table")
    return pl.concat(found)


def nearest_songs(
    songs: pl.DataFrame, by: str, units: np.ndarray, query: np.ndarray, song: int | None, number: int, tags: list[str]
) -> pl.DataFrame:
    """List the songs with the highest cosine to one song (``SIMILAR``); none if it has no vector.

    Cosines are compared as by ``coldwave.analysis.neighbours.nearest``, but nothing is copied that is as large as
    ``units``.

    Parameters
    ----------
    units : float32 [songs, k], at unit length, NaN rows for songs without; query : float32 [k], likewise
    song : the song's own number, which is left out, or None for a file
    tags : of the song, to find those in common
    """
    if not np.isfinite(query).all():
        return pl.DataFrame(schema=SIMILAR)
    cosines = np.fmax(units @ query, -np.inf)  # where there is no number
    if song is not None:
        cosines[song] = -np.inf
    number = min(number, int((cosines > -np.inf).sum()))
    if not number:
        return pl.DataFrame(schema=SIMILAR)
    near = near_highest(cosines, number, ROUNDING)
    cosines = np.round(cosines[near], DECIMALS)
    best = highest(cosines, number)
    places, cosines = near[best], cosines[best]
    named = songs[places.tolist()]
    return named.select(
        by=pl.lit(by),
        rank=pl.int_range(1, len(places) + 1, dtype=pl.UInt32, eager=True),
        song="song",
        song_id="song_id",
        title="title",
        artist="artist",
        cosine=pl.Series(cosines, dtype=pl.Float64),
        tags=pl.Series([shared_tags(tags, other) for other in named["tags"].to_list()], dtype=pl.List(pl.String)),
    ).cast(SIMILAR)
