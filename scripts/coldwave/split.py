"""The split by song: which songs the models learn from, are chosen on and are tested on.

A song's part depends on a hash of its id (of its artist, where the split is by artist) and the seed, so a
song that is added later moves no other song where the sizes are shares.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import polars as pl

from coldwave.errors import InputError

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SCHEMA = {"song": pl.UInt32, "part": pl.String}


def hash_fractions(names: Sequence[str], salt: str) -> np.ndarray:
    """Hash each name to a number in [0, 1), alike on every machine: float64 [names]."""
    words = [hashlib.sha256(f"{salt}\0{name}".encode()).digest()[:8] for name in names]
    return np.frombuffer(b"".join(words), dtype=">u8").astype(np.float64) / 2.0**64


def group_names(songs: pl.DataFrame, by: str) -> list[str]:
    """Name what may not be torn apart: the song's id, or its artist (a song without one stands alone)."""
    ids = songs["song_id"].to_list()
    if by == "song":
        return ids
    artists = songs["artist"].to_list()
    return [
        f"artist\0{' '.join(artist.casefold().split())}" if artist and artist.strip() else f"song\0{song_id}"
        for song_id, artist in zip(ids, artists, strict=True)
    ]


def _chosen(groups: np.ndarray, fractions: np.ndarray, size: float | int, share_of: float) -> np.ndarray:
    """Choose songs: the groups hashed below a share, or whole groups in the order of their hash up to a number.

    Parameters
    ----------
    groups : int64 [songs], the group of each song
    fractions : float64 [groups]
    size : a share in (0, 1) of all songs, or a number of songs
    share_of : what part of all songs stands here, by which a share of all is divided

    Returns
    -------
    bool [songs]
    """
    if isinstance(size, float) and size < 1:
        return fractions[groups] < size / share_of
    sizes = np.bincount(groups, minlength=len(fractions))
    taken = np.zeros(len(fractions), dtype=bool)
    left = int(size)
    for group in np.argsort(fractions, kind="stable"):
        if 0 < sizes[group] <= left:
            taken[group] = True
            left -= sizes[group]
        if left == 0:
            break
    return taken[groups]


def split_songs(
    songs: pl.DataFrame, validation: float | int, test: float | int, by: str = "song", seed: int = 1
) -> pl.DataFrame:
    """Assign every song to one part.

    Parameters
    ----------
    songs : table with ``song``, ``song_id`` and ``artist``
    validation, test : a share of the songs (a float below 1; each song decides for itself, so the sizes vary a
        little and songs added later move none) or an exact number (the songs of the lowest hashes). By artist, a
        number is reached with whole artists as nearly as they allow.
    by : "song", or "artist": no artist in two parts

    Returns
    -------
    table ``song``, ``part``; validation songs are drawn among those that are not test songs

    Raises
    ------
    InputError
        A part would be empty.
    """
    names = group_names(songs, by)
    unique, groups = np.unique(np.asarray(names, dtype=object), return_inverse=True)
    number = len(names)
    for name, size in (("validation", validation), ("test", test)):
        if size >= number:
            raise InputError(f"split.{name} = {size}: there are only {number:,} songs")
    in_test = _chosen(groups, hash_fractions(list(unique), f"{seed} test"), test, 1.0)
    rest = np.flatnonzero(~in_test)
    _, rest_groups = np.unique(groups[rest], return_inverse=True)
    rest_names = [names[song] for song in rest]
    rest_unique = sorted(set(rest_names))
    share_of = 1 - test if isinstance(test, float) and test < 1 else len(rest) / number
    fractions = hash_fractions(rest_unique, f"{seed} validation")
    in_validation = np.zeros(number, dtype=bool)
    in_validation[rest] = _chosen(rest_groups, fractions, validation, share_of)
    part = np.full(number, TRAIN, dtype=object)
    part[in_test], part[in_validation] = TEST, VALIDATION
    for name in (TRAIN, VALIDATION, TEST):
        if name not in part:
            raise InputError(
                f"the {name} part of the split is empty ({number:,} songs in {len(unique):,} groups by {by}): "
                f"change split.validation or split.test, or read more songs"
            )
    return pl.DataFrame({"song": songs["song"], "part": pl.Series(part, dtype=pl.String)}, schema=SCHEMA)


def songs_with_features(
    features: np.ndarray, training: np.ndarray, validation: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Leave out the songs that have no features, those without usable audio.

    Parameters
    ----------
    features : float [songs, d], NaN rows for songs without audio
    training, validation : bool [songs]

    Returns
    -------
    the training and the validation songs that have features, bool [songs] each

    Raises
    ------
    InputError
        There are none in one of the parts.
    """
    usable = np.isfinite(features).all(axis=1)
    for part, chosen in (("training", training), ("validation", validation)):
        if not (chosen & usable).any():
            raise InputError(
                f"no {part} song has features: see the statuses in audio/index.parquet, or the log of the embedding"
            )
    return training & usable, validation & usable
