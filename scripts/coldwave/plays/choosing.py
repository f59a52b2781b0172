"""Which users and songs of the plays are kept: ``top_songs``, ``top_users``, ``min_users``, ``min_songs``."""

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from coldwave.errors import InputError
from coldwave.plays.filters import core, highest, of_kept, random_scores, totals
from coldwave.plays.pairs import Pairs

log = logging.getLogger(__name__)


class Kept(NamedTuple):
    """Which users and songs are kept so far: bool [users], bool [songs]."""

    users: np.ndarray
    songs: np.ndarray


def one_of(options: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    """Look up a setting that has one of some values. Raises InputError."""
    value = options.get(key, allowed[0])
    if value not in allowed:
        raise InputError(f"plays.{key}: {value!r} is not one of {', '.join(allowed)}")
    return value


def top_songs(pairs: Pairs, kept: Kept, options: Mapping[str, Any]) -> np.ndarray:
    """Apply ``top_songs``: bool [songs]. Those without plays come last, and only if the minimum is 0."""
    users, songs = kept
    if (wanted := options.get("top_songs")) is None:
        return songs
    here = of_kept(pairs.user, pairs.song, users, songs)
    plays = totals(pairs.song[here], len(songs), pairs.count[here])
    picked = highest(plays, songs & (plays > 0) if options.get("min_users", 1) else songs, wanted)
    _log_top("top_songs", "songs by plays", wanted, picked, songs)
    return picked


def top_users(pairs: Pairs, kept: Kept, options: Mapping[str, Any], log_it: bool = True) -> np.ndarray:
    """Apply ``top_users`` by the plays of the songs kept: bool [users]; those without plays as in `top_songs`."""
    users, songs = kept
    if (wanted := options.get("top_users")) is None:
        return users
    by = one_of(options, "users_by", ("plays", "songs", "random"))
    here = of_kept(pairs.user, pairs.song, users, songs)
    user = pairs.user[here]
    number = totals(user, len(users))
    candidates = users & (number > 0) if options.get("min_songs", 1) else users
    if by == "plays":
        score = totals(user, len(users), pairs.count[here])
    elif by == "songs":
        score = number
    else:
        score = random_scores(pairs.user_ids, options["seed"])
    picked = highest(score, candidates, wanted)
    if log_it:
        _log_top("top_users", f"users by {by}", wanted, picked, users)
    return picked


def users_by_training(pairs: Pairs, kept: Kept, training: np.ndarray, options: Mapping[str, Any]) -> np.ndarray:
    """Apply ``top_users`` and ``min_songs`` by users' plays of training songs, bool [songs]: bool [users]."""
    said = options["filter_by"] == "training"
    users = top_users(pairs, Kept(kept.users, training), options, said)
    number = totals(pairs.user[training[pairs.song]], len(users))
    enough = users & (number >= options.get("min_songs", 1))
    if said:
        log.info(
            "plays.min_songs: %d: kept %s of %s users, by their training songs",
            options.get("min_songs", 1),
            *(f"{which.sum():,}" for which in (enough, users)),
            extra={"screen": True},
        )
    if said and not enough.any():
        raise InputError(
            f"no user is left: none has played {options.get('min_songs', 1):,} training songs, the most are "
            f"{number.max():,}: lower plays.min_songs"
        )
    return enough


def log_silent(pairs: Pairs, kept: Kept) -> None:
    """Warn of songs that only users who are left out have played; the catalogue keeps them."""
    here = of_kept(pairs.user, pairs.song, *kept)
    if silent := int((kept.songs & (totals(pairs.song[here], len(kept.songs)) == 0)).sum()):
        log.warning("%s songs have no play by the users that are kept (plays.filter_by: training)", f"{silent:,}")


def _log_top(key: str, what: str, wanted: int, picked: np.ndarray, before: np.ndarray) -> None:
    if picked.sum() < wanted:
        log.warning("plays.%s: %s were asked for, but there are only %s", key, f"{wanted:,}", f"{picked.sum():,}")
    log.info("plays.%s: kept %s of %s %s", key, f"{picked.sum():,}", f"{before.sum():,}", what, extra={"screen": True})


def minima(pairs: Pairs, kept: Kept, options: Mapping[str, Any]) -> Kept:
    """Apply ``min_users`` and ``min_songs`` until nothing changes."""
    min_users, min_songs = options.get("min_users", 1), options.get("min_songs", 1)
    users, songs, rounds = core(pairs.user, pairs.song, *kept, min_users, min_songs)
    before, after = (of_kept(pairs.user, pairs.song, *which) for which in (kept, (users, songs)))
    if not len(pairs.user[after]):
        raise InputError(_why_nothing_left(pairs, kept, before, min_users, min_songs))
    unplayed = kept.songs & (totals(pairs.song[before], len(songs)) == 0)
    log.info(
        "plays.min_users: %d and plays.min_songs: %d: left out %s songs (%s of them without any play) and %s users "
        "in %d rounds",
        min_users,
        min_songs,
        f"{(kept.songs & ~songs).sum():,}",
        f"{(unplayed & ~songs).sum():,}",
        f"{(kept.users & ~users).sum():,}",
        rounds,
        extra={"screen": rounds > 0},
    )
    return Kept(users, songs)


def _why_nothing_left(pairs: Pairs, kept: Kept, here: np.ndarray, min_users: int, min_songs: int) -> str:
    most_users = totals(pairs.song[here], len(kept.songs)).max()
    most_songs = totals(pairs.user[here], len(kept.users)).max()
    if most_users < min_users:
        return (
            f"no play is left: no song has at least {min_users:,} users, the most are {most_users:,}: lower "
            "plays.min_users"
        )
    if most_songs < min_songs:
        return (
            f"no play is left: no user has at least {min_songs:,} songs, the most are {most_songs:,}: lower "
            "plays.min_songs"
        )
    return (
        f"no play is left: plays.min_users = {min_users:,} and plays.min_songs = {min_songs:,} leave nothing between "
        "them; lower one of them"
    )
