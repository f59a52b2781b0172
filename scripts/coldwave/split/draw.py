"""Draw the split: assign every song to one part.

A song's part depends on a hash of its id (in a split by artist, of its artist) and the seed. If the sizes are shares, a
song added later moves no other song. Only where there were so few that a share had drawn none, the one that was taken
nevertheless may go back. In a split by release date or by first play, the newest songs are test songs, as in a
catalogue that grows, and a song added later may move others.
"""

import logging

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.plays.dates import begin_of
from coldwave.split.groups import group_names, hash_fractions
from coldwave.split.parts import PARTS, SCHEMA, TEST, TRAIN, VALIDATION

log = logging.getLogger(__name__)

Size = float | int | str
_DATED = {"date": ("date", "plays.songs.columns.date"), "first_play": ("first play", "plays.table.time")}


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


def _newest(songs: pl.DataFrame, by: str, validation: Size, test: Size, seed: int) -> list[np.ndarray]:
    """Choose the newest songs for test and the next newest for validation: bool [songs] each.

    Songs of one date or first play are in the order of their hash; songs without one come last.
    """
    order = songs.select(
        by, place=pl.int_range(pl.len()), hash=pl.Series(hash_fractions(songs["song_id"].to_list(), f"{seed} {by}"))
    ).sort(by, "hash", descending=[True, False], nulls_last=True)["place"]
    dated = songs[by].count()
    sizes = [_number(songs, by, test)]
    sizes += [_number(songs, by, validation) - (sizes[0] if isinstance(validation, str) else 0)]
    what = _DATED[by][0]
    log.info(
        "split.by: %s: %s songs have a %s; %s have none and are training songs",
        by,
        f"{dated:,}",
        what,
        f"{len(songs) - dated:,}",
    )
    if sum(sizes) > dated:
        raise InputError(
            f"split.by: {by}: only {dated:,} of {len(songs):,} songs have a {what} ({_DATED[by][1]}), too few "
            f"for {sizes[0]:,} test and {sizes[1]:,} validation songs"
        )
    chosen = [np.zeros(len(songs), dtype=bool) for _ in sizes]
    chosen[0][order[: sizes[0]]], chosen[1][order[sizes[0] : sum(sizes)]] = True, True
    return chosen


def _number(songs: pl.DataFrame, by: str, size: Size) -> int:
    """The number of songs that a share, a number, or a date from which on songs are first heard, stands for."""
    if isinstance(size, str):
        return int((songs[by] >= begin_of(size)).sum())
    return size if size >= 1 else round(size * len(songs))


def split_songs(
    songs: pl.DataFrame,
    validation: Size,
    test: Size,
    by: str = "song",
    seed: int = 1,
    folds: int | None = None,
    fold: int = 1,
) -> pl.DataFrame:
    """Assign every song to one part.

    Parameters
    ----------
    songs : table with ``song``, ``song_id``, ``artist`` and, by date, ``date``, by first play, ``first_play``
    validation, test : a share of the songs (a float below 1; each song's hash decides, so the sizes vary a little and
        songs added later move none) or an exact number (the songs with the lowest hashes). By artist, whole artists
        come as close to a number as they can. By first play also a date, YYYY-MM or YYYY-MM-DD in UTC: songs that were
        first heard then or later.
    by : "song"; "artist": no artist in two parts; "date": the newest songs are test songs, the next newest validation
        songs, and those without a date training songs (a share is of all songs); "first_play": likewise, the newest
        being those that were first heard latest
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
        if not isinstance(size, str) and size >= number:
            raise InputError(f"split.{name} = {size}: there are only {number:,} songs")
    if by in _DATED:
        return _checked_parts(songs, *_newest(songs, by, validation, test, seed), by)
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
