"""The split by song: which songs the models learn from, are chosen on and are tested on.

A song's part depends on a hash of its id (of its artist, where the split is by artist) and the seed, so a
song that is added later moves no other song where the sizes are shares. Where the split is by release date the newest
songs are tested on, as in a catalogue that grows, and a song added later may move others.
"""

import hashlib
import logging
from collections.abc import Sequence

import numpy as np
import polars as pl

from coldwave.errors import InputError

log = logging.getLogger(__name__)

TRAIN, VALIDATION, TEST = "train", "validation", "test"
PARTS = (TRAIN, VALIDATION, TEST)
SCHEMA = {"song": pl.UInt32, "part": pl.String}


def songs_to_fit(split: pl.DataFrame, protocol: str) -> np.ndarray:
    """The songs whose plays the user factors see, bool [songs]: training songs, or all where it is "transductive"."""
    return np.ones(split.height, dtype=bool) if protocol == "transductive" else (split["part"] == TRAIN).to_numpy()


def hash_fractions(names: Sequence[str], salt: str) -> np.ndarray:
    """Hash each name to a number in [0, 1), alike on every machine: float64 [names]."""
    words = [hashlib.sha256(f"{salt}\0{name}".encode()).digest()[:8] for name in names]
    return np.frombuffer(b"".join(words), dtype=">u8").astype(np.float64) / 2.0**64


def group_names(songs: pl.DataFrame, by: str) -> list[str]:
    """Name what may not be torn apart: by "artist" the artist (a song without one stands alone), else the song's id."""
    ids = songs["song_id"].to_list()
    if by != "artist":
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


def _newest(songs: pl.DataFrame, validation: float | int, test: float | int, seed: int) -> list[np.ndarray]:
    """Choose the newest songs for the test and the next newest for validation: bool [songs] each.

    Songs of one date come in the order of their hash, and those without a date after all others.
    """
    order = songs.select(
        "date", place=pl.int_range(pl.len()), hash=pl.Series(hash_fractions(songs["song_id"].to_list(), f"{seed} date"))
    ).sort("date", "hash", descending=[True, False], nulls_last=True)["place"]
    dated = songs["date"].count()
    sizes = [size if size >= 1 else round(size * len(songs)) for size in (test, validation)]
    log.info(
        "split.by: date: %s songs have a date; %s have none and are for training",
        f"{dated:,}",
        f"{len(songs) - dated:,}",
    )
    if sum(sizes) > dated:
        raise InputError(
            f"split.by: date: only {dated:,} of {len(songs):,} songs have a date (plays.songs.columns.date), too few "
            f"for {sizes[0]:,} test and {sizes[1]:,} validation songs"
        )
    chosen = [np.zeros(len(songs), dtype=bool) for _ in sizes]
    chosen[0][order[: sizes[0]]], chosen[1][order[sizes[0] : sum(sizes)]] = True, True
    return chosen


def split_songs(
    songs: pl.DataFrame,
    validation: float | int,
    test: float | int,
    by: str = "song",
    seed: int = 1,
    folds: int | None = None,
    fold: int = 1,
) -> pl.DataFrame:
    """Assign every song to one part.

    Parameters
    ----------
    songs : table with ``song``, ``song_id``, ``artist`` and, by date, ``date``
    validation, test : a share of the songs (a float below 1; each song decides for itself, so the sizes vary a
        little and songs added later move none) or an exact number (the songs of the lowest hashes). By artist, a
        number is reached with whole artists as nearly as they allow.
    by : "song"; "artist": no artist in two parts; "date": the newest songs are test songs, the next newest validation
        songs, and those without a date training songs (a share is of all songs)
    folds, fold : the test songs are those of one of so many equal ranges of the hash, from 1, instead of ``test``:
        with one seed the test songs of all folds are disjoint, and all songs together. Fold 1 of k is a share of 1/k.

    Returns
    -------
    table ``song``, ``part``; validation songs are drawn among those that are not test songs

    Raises
    ------
    InputError
        A part would be empty.
    """
    if folds is not None:
        log.info("split.folds: fold %d of %d is tested on; split.test is not used", fold, folds)
        test = 1 / folds
    names = group_names(songs, by)
    unique, groups = np.unique(np.asarray(names, dtype=object), return_inverse=True)
    number = len(names)
    for name, size in (("validation", validation), ("test", test)):
        if size >= number:
            raise InputError(f"split.{name} = {size}: there are only {number:,} songs")
    if by == "date":
        return _checked_parts(songs, *_newest(songs, validation, test, seed), by)
    fractions = hash_fractions(list(unique), f"{seed} test")
    if folds is None:
        in_test = _chosen(groups, fractions, test, 1.0)
    else:
        in_test = (np.floor(fractions * folds) == fold - 1)[groups]
    rest = np.flatnonzero(~in_test)
    _, rest_groups = np.unique(groups[rest], return_inverse=True)
    rest_names = [names[song] for song in rest]
    rest_unique = sorted(set(rest_names))
    share_of = 1 - test if isinstance(test, float) and test < 1 else len(rest) / number
    fractions = hash_fractions(rest_unique, f"{seed} validation")
    in_validation = np.zeros(number, dtype=bool)
    in_validation[rest] = _chosen(rest_groups, fractions, validation, share_of)
    return _checked_parts(songs, in_test, in_validation, by)


def _checked_parts(songs: pl.DataFrame, in_test: np.ndarray, in_validation: np.ndarray, by: str) -> pl.DataFrame:
    part = np.full(len(songs), TRAIN, dtype=object)
    part[in_test], part[in_validation] = TEST, VALIDATION
    for name in PARTS:
        if name not in part:
            groups = len(set(group_names(songs, by)))
            raise InputError(
                f"the {name} part of the split is empty ({len(songs):,} songs in {groups:,} groups by {by}): "
                f"change split.validation or split.test, or read more songs"
            )
    return pl.DataFrame({"song": songs["song"], "part": pl.Series(part, dtype=pl.String)}, schema=SCHEMA)


def given_split(parts: pl.DataFrame, songs: pl.DataFrame, by: str, source: object) -> pl.DataFrame:
    """Take a split made elsewhere, if it is one.

    Parameters
    ----------
    parts : table ``song_id``, ``part``, text
    songs : table with ``song``, ``song_id`` and ``artist``
    source : the file that it is from, for messages

    Returns
    -------
    table ``song``, ``part``, a row for each of ``songs``, in their order

    Raises
    ------
    InputError
        A song is not known or has no part, or as `check_parts` says.
    """
    unknown = parts.join(songs, on="song_id", how="anti")
    if len(unknown):
        raise InputError(
            f"{source}: song {unknown['song_id'][0]!r} and {len(unknown) - 1:,} more are not among the "
            f"{len(songs):,} songs of this run (see plays/songs.parquet; the filters of plays leave songs out)"
        )
    joined = songs.select("song", "song_id").join(parts.unique(), on="song_id", how="left").sort("song")
    lacking = joined.filter(pl.col("part").is_null())
    if len(lacking):
        raise InputError(f"{source}: song {lacking['song_id'][0]!r} and {len(lacking) - 1:,} more have no part in it")
    split = joined.select("song", "part").cast(SCHEMA)
    check_parts(split, songs, by, source)
    return split


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
    if strange := sorted(set(split["part"].to_list()) - set(PARTS), key=str):
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
        parts = (
            known.join(split, on="song").group_by("group").agg(pl.col("part").unique(), pl.first("song_id", "artist"))
        )
        torn = parts.filter(pl.col("part").list.len() > 1).sort("song_id")
        if len(torn):
            artist, named = torn["artist"][0], " and ".join(sorted(torn["part"][0]))
            raise InputError(
                f"{source}: artist {artist!r} (song {torn['song_id'][0]!r}) is in {named}, but split.by is artist"
            )


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
