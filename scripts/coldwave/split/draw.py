"""Draw the split: assign every song to one part.

A song's part depends on a hash of its id (in a split by artist, of its artist) and the seed. If the sizes are shares, a
song added later moves no other song. Only where there were so few that a share had drawn none, the one that was taken
nevertheless may go back. In a split by release date, the newest songs are test songs, as in a catalogue
that grows, and a song added later may move others.
"""

import logging

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.split.groups import group_names, hash_fractions
from coldwave.split.parts import PARTS, SCHEMA, TEST, TRAIN, VALIDATION

log = logging.getLogger(__name__)


def _chosen(groups: np.ndarray, fractions: np.ndarray, size: float | int, share_of: float) -> np.ndarray:
    """Choose songs: the groups with a hash below a share, or whole groups in the order of their hash up to a number.

    Parameters
    ----------
    groups : int64 [songs], the group of each song
    fractions : float64 [groups]
    size : a share in (0, 1) of all songs, of which at least one is drawn, or a number of songs
    share_of : the share of all songs that is here; ``size`` is divided by it

    Returns
    -------
    bool [songs]
    """
    if isinstance(size, float) and size < 1:
        taken = fractions < size / share_of
        if not taken.any() and len(fractions) > 2:  # so few songs that a share may draw none of them
            taken[fractions.argmin()] = True
        return taken[groups]
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
    """Choose the newest songs for test and the next newest for validation: bool [songs] each.

    Songs of one date are in the order of their hash; songs without a date come last.
    """
    order = songs.select(
        "date", place=pl.int_range(pl.len()), hash=pl.Series(hash_fractions(songs["song_id"].to_list(), f"{seed} date"))
    ).sort("date", "hash", descending=[True, False], nulls_last=True)["place"]
    dated = songs["date"].count()
    sizes = [size if size >= 1 else round(size * len(songs)) for size in (test, validation)]
    log.info(
        "split.by: date: %s songs have a date; %s have none and are training songs",
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
    validation, test : a share of the songs (a float below 1; each song's hash decides, so the sizes vary a little and
        songs added later move none) or an exact number (the songs with the lowest hashes). By artist, whole artists
        come as close to a number as they can.
    by : "song"; "artist": no artist in two parts; "date": the newest songs are test songs, the next newest validation
        songs, and those without a date training songs (a share is of all songs)
    folds, fold : the test songs are those in one of ``folds`` equal ranges of the hash, from 1, instead of ``test``.
        With one seed, the test songs of the folds are disjoint and cover all songs. Fold 1 of k is a share of 1/k.

    Returns
    -------
    table ``song``, ``part``; validation songs are drawn from those that are not test songs

    Raises
    ------
    InputError
        A part would be empty.
    """
    if folds is not None:
        log.info("split.folds: fold %d of %d has the test songs; split.test is not used", fold, folds)
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
