"""Recommendation by metadata alone (a system in the paper's introduction): artist, album and year.

A new song gets the mean factors of its artist's training songs, else of its album's, else of those released in its
year, else of all training songs. Names are compared as in the split by artist: case and spaces do not matter. An album
is known by its title alone, so that it finds the songs of other artists on it; two albums with one title count as one.
"""

import logging
from collections.abc import Mapping

import numpy as np
import polars as pl

from coldwave.models.linear import predict_linear
from coldwave.split.groups import group_names

log = logging.getLogger(__name__)

ALL, YEAR, ALBUM, ARTIST = 0, 1, 2, 3  # which training songs a song's factors are the mean of


def _sums_of_others(names: list[str], song_factors: np.ndarray, training: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum the factors of the other training songs of each song's group: [songs, factors], and their number."""
    _, groups = np.unique(np.asarray(names, dtype=object), return_inverse=True)
    sums = np.zeros((groups.max() + 1, song_factors.shape[1]))
    np.add.at(sums, groups[training], song_factors[training])
    numbers = np.bincount(groups[training], minlength=len(sums))
    own = np.where(training[:, None], song_factors, 0)
    return sums[groups] - own, numbers[groups] - training


def metadata_factors(
    songs: pl.DataFrame, song_factors: np.ndarray, training: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Average the factors of the training songs of each song's artist, else its album, else its year, else of all.

    A training song's own factors are left out of its mean, so that training songs are predicted as new ones are.

    Parameters
    ----------
    songs : table ``song_id``, ``artist``, ``album``, ``date`` (begins with the year), null or blank where not known
    song_factors : float32 [songs, factors]
    training : bool [songs]

    Returns
    -------
    float32 [songs, factors], and int8 [songs]: ``ARTIST``, ``ALBUM``, ``YEAR`` or ``ALL``
    """
    factors = song_factors.astype(np.float64)
    predicted = np.zeros_like(factors)
    source = np.full(len(factors), ALL, dtype=np.int8)
    everything = [""] * len(factors)
    by_case = {
        ALL: everything,
        YEAR: group_names(songs.select("song_id", artist=pl.col("date").str.head(4)), "artist"),
        ALBUM: group_names(songs.select("song_id", artist="album"), "artist"),
        ARTIST: group_names(songs.select("song_id", "artist"), "artist"),
    }
    for case, names in by_case.items():  # later cases are better: they replace earlier ones where they have songs
        sums, numbers = _sums_of_others(names, factors, training)
        known = numbers > 0
        predicted[known] = sums[known] / numbers[known, None]
        source[known] = case
    return predicted.astype(np.float32), source


def new_metadata_factors(
    new: pl.DataFrame, known: pl.DataFrame, song_factors: np.ndarray, training: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Do as `metadata_factors` for songs that are not in the catalogue.

    Parameters
    ----------
    new, known : tables as in `metadata_factors`, of new songs and of the catalogue's
    song_factors, training : float32 [songs, factors] and bool [songs], of the catalogue's

    Returns
    -------
    float32 [new songs, factors], and int8 [new songs]
    """
    # a song without an artist that is also in the catalogue must not share a group with itself
    names = pl.concat([known, new.with_columns(pl.concat_str(pl.lit("new\0"), "song_id").alias("song_id"))])
    targets = np.vstack((song_factors, np.zeros((new.height, song_factors.shape[1]), dtype=song_factors.dtype)))
    predicted, source = metadata_factors(names, targets, np.append(training, np.zeros(new.height, dtype=bool)))
    return predicted[known.height :], source[known.height :]


def log_sources(source: np.ndarray, parts: Mapping[str, np.ndarray]) -> None:
    """Log for each part, bool [songs], how many songs got their factors from which training songs."""
    for name, part in parts.items():
        counts = np.bincount(source[part], minlength=4)
        log.info(
            "%s songs: %s by their artist's training songs, %s by their album's, %s by their year's, %s by all",
            name,
            *(f"{counts[case]:,}" for case in (ARTIST, ALBUM, YEAR, ALL)),
        )
        if len(source[part]) and counts[ARTIST] == 0:
            log.warning("no %s song's artist has training songs; with split.by: artist none can", name)


def stacked_inputs(metadata: np.ndarray, source: np.ndarray, audio: np.ndarray) -> np.ndarray:
    """Join two models' predictions, and whether the artist or album has training songs: [songs, 2 factors + 1].

    NaN rows for songs that ``audio``, float32 [songs, factors], does not predict.
    """
    known = (source >= ALBUM).astype(np.float32)[:, None]
    stacked = np.hstack([metadata, audio, known])
    stacked[np.isnan(audio).any(axis=1)] = np.nan
    return stacked


def predict_stacked(
    metadata: np.ndarray, source: np.ndarray, audio: np.ndarray, weights: np.ndarray, intercept: np.ndarray
) -> np.ndarray:
    """Combine the two by a regression on `stacked_inputs`; where there is no audio, ``metadata`` stays."""
    stacked = predict_linear(stacked_inputs(metadata, source, audio), weights, intercept)
    return np.where(np.isnan(stacked), metadata, stacked)
