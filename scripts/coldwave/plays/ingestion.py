"""From raw plays and a songs table to indexed tables: the rules and filters of the config's ``plays`` section."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.plays.catalogue import CATALOGUE, read_catalogue
from coldwave.plays.exclusion import read_excluded
from coldwave.plays.filters import core, highest, random_scores, totals
from coldwave.plays.pairs import Pairs
from coldwave.plays.reading import read_plays
from coldwave.plays.rejections import log_rejected, refuse_rejected
from coldwave.plays.streams import BLOCK_BYTES
from coldwave.plays.tables import PLAYS, SONGS, USERS

log = logging.getLogger(__name__)


class Ingested(NamedTuple):
    """The stage's tables, as in ``coldwave.plays.tables``."""

    plays: pl.DataFrame
    users: pl.DataFrame
    songs: pl.DataFrame
    rejected: pl.DataFrame


class _Kept(NamedTuple):
    """Which users and songs are kept so far: bool [users], bool [songs]."""

    users: np.ndarray
    songs: np.ndarray


def ingest(
    source: Path,
    catalogue: Path | None,
    options: Mapping[str, Any],
    threads: int = 1,
    block_bytes: int = BLOCK_BYTES,
    excluded: Path | None = None,
) -> Ingested:
    """Read plays and songs, apply the rules, and number what is left from 0, sorted by id, bytewise.

    The rules apply in this order: songs that are not in the songs table, songs without audio, songs of the file
    ``excluded``, ``top_songs``, ``top_users``, then ``min_users`` and ``min_songs``. Without a songs table every song
    is kept, with its id as its title.

    Raises
    ------
    InputError
        A file or a setting is wrong, nothing is left, or ``strict`` is true and a line is malformed.
    """
    pairs, rejected = read_plays(source, options, block_bytes)
    strict = options.get("strict", False)
    if strict:
        refuse_rejected(rejected)
    if catalogue is None:
        songs = _songs_of_ids(pairs.song_ids)
        kept = _everything(pairs, songs)
        log.info("no songs table: every song is kept, its id is its title")
    else:
        listed, set_aside = read_catalogue(catalogue, options.get("songs") or {}, threads)
        log_rejected(set_aside)
        if strict:
            refuse_rejected(set_aside)
        rejected = pl.concat([rejected, set_aside])
        pairs, songs = _join(pairs, listed, catalogue)
        kept = _song_rules(pairs, songs, options, catalogue)
    if excluded is not None:
        named = songs["song_id"].is_in(read_excluded(excluded).implode()).to_numpy()
        kept = _songs_rule("songs.exclude", f"named in {excluded}", "drop", named, pairs, songs, kept)
        if not kept.songs[pairs.song].any():
            raise InputError(f"{excluded}: every song of the plays is named in it (plays.songs.exclude)")
    kept = _top(pairs, kept, options)
    kept = _minima(pairs, kept, options)
    return Ingested(*_numbered(pairs, songs, kept), rejected)


def _songs_of_ids(song_ids: pl.Series) -> pl.DataFrame:
    """Make a songs table from ids alone."""
    return pl.DataFrame({"song_id": song_ids}).select(
        "song_id",
        pl.col("song_id").alias("title"),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in ("artist", "album", "date")),
        pl.lit([], dtype=pl.List(pl.String)).alias("tags"),
        pl.lit(None, dtype=pl.String).alias("audio"),
    )


def _everything(pairs: Pairs, songs: pl.DataFrame) -> _Kept:
    return _Kept(np.ones(len(pairs.user_ids), dtype=bool), np.ones(songs.height, dtype=bool))


def _join(pairs: Pairs, listed: pl.DataFrame, catalogue: Path) -> tuple[Pairs, pl.DataFrame]:
    """Number the songs of the plays and of the songs table together; ``listed`` marks those of the table."""
    unlisted = pairs.song_ids.to_frame("song_id").join(listed, on="song_id", how="anti")
    without_audio = listed["audio"].null_count()
    log.info(
        "%s: %s songs, %s of them with audio, %s with plays",
        catalogue,
        *(f"{n:,}" for n in (listed.height, listed.height - without_audio, len(pairs.song_ids) - unlisted.height)),
        extra={"screen": True},
    )
    songs = pl.concat(
        [
            listed.with_columns(pl.lit(True).alias("listed")),
            _songs_of_ids(unlisted["song_id"]).with_columns(pl.lit(False).alias("listed")),
        ]
    ).sort("song_id")
    place = pairs.song_ids.to_frame("song_id").join(
        songs.select("song_id").with_row_index("place"), on="song_id", how="left", maintain_order="left"
    )["place"]
    song = place.to_numpy().astype(np.uint32)[pairs.song]  # sorted ids stay sorted, so pairs do too
    return Pairs(pairs.user, song, pairs.count, pairs.user_ids, songs["song_id"]), songs


def _song_rules(pairs: Pairs, songs: pl.DataFrame, options: Mapping[str, Any], catalogue: Path) -> _Kept:
    """Apply ``unlisted_songs`` and ``songs_without_audio``."""
    kept = _everything(pairs, songs)
    listed, silent = songs["listed"].to_numpy(), songs["audio"].is_null().to_numpy()
    played = totals(pairs.song, songs.height) > 0
    rule = _one_of(options, "unlisted_songs", ("drop", "keep"))
    if rule == "drop" and not (listed & played).any():
        ids = [songs["song_id"].filter(pl.Series(which))[0] for which in (~listed, listed)]
        raise InputError(
            f"none of the {played.sum():,} songs of the plays is in the songs table {catalogue}: do the ids match? "
            f"E.g. the plays have {ids[0]!r}, the table has {ids[1]!r}. See plays.songs.columns and "
            "plays.songs.id_from, or set plays.unlisted_songs: keep"
        )
    if rule == "keep" and not (listed & played).any():
        log.warning("none of the songs of the plays is in the songs table %s: do the ids match?", catalogue)
    kept = _songs_rule(f"unlisted_songs: {rule}", "that are not in the songs table", rule, ~listed, pairs, songs, kept)
    rule = _one_of(options, "songs_without_audio", ("drop", "keep"))
    if (again := kept.songs & ~listed).any() and rule == "drop":
        log.warning(
            "plays.unlisted_songs: keep is undone by plays.songs_without_audio: drop: %s songs are not in the songs "
            "table and so have no audio",
            f"{again.sum():,}",
        )
    kept = _songs_rule(f"songs_without_audio: {rule}", "that have no audio", rule, silent, pairs, songs, kept)
    if not kept.songs[played].any():
        raise InputError(
            f"no play is left: none of the songs of the plays has audio in the songs table {catalogue}; see its audio "
            "column (plays.songs.columns.audio, plays.songs.audio_root), or set plays.songs_without_audio: keep"
        )
    return kept


def _songs_rule(
    name: str, what: str, rule: str, concerned: np.ndarray, pairs: Pairs, songs: pl.DataFrame, kept: _Kept
) -> _Kept:
    """Drop (or keep) the songs concerned, and log how many they are."""
    concerned = concerned & kept.songs
    here = concerned[pairs.song] & kept.users[pairs.user]
    examples = ", ".join(repr(name) for name in songs["song_id"].filter(pl.Series(concerned)).head(3))
    log.info(
        "plays.%s: %s %s songs %s, with %s plays%s",
        name,
        "left out" if rule == "drop" else "kept",
        f"{concerned.sum():,}",
        what,
        f"{pairs.count[here].sum(dtype=np.uint64):,}",
        f", e.g. {examples}" if examples else "",
        extra={"screen": bool(examples)},
    )
    return kept._replace(songs=kept.songs & ~concerned) if rule == "drop" else kept


def _one_of(options: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    value = options.get(key, allowed[0])
    if value not in allowed:
        raise InputError(f"plays.{key}: {value!r} is not one of {', '.join(allowed)}")
    return value


def _top(pairs: Pairs, kept: _Kept, options: Mapping[str, Any]) -> _Kept:
    """Apply ``top_songs``, then ``top_users``. Those without plays come last, and only if the minimum is 0."""
    users, songs = kept
    if (wanted := options.get("top_songs")) is not None:
        here = users[pairs.user] & songs[pairs.song]
        plays = totals(pairs.song[here], len(songs), pairs.count[here])
        candidates = songs & (plays > 0) if options.get("min_users", 1) else songs
        songs = highest(plays, candidates, wanted)
        _log_top("top_songs", "songs by plays", wanted, songs, kept.songs)
    if (wanted := options.get("top_users")) is not None:
        by = _one_of(options, "users_by", ("plays", "songs", "random"))
        here = users[pairs.user] & songs[pairs.song]
        user = pairs.user[here]
        number = totals(user, len(users))
        candidates = users & (number > 0) if options.get("min_songs", 1) else users
        if by == "plays":
            score = totals(user, len(users), pairs.count[here])
        elif by == "songs":
            score = number
        else:
            score = random_scores(pairs.user_ids, options["seed"])
        users = highest(score, candidates, wanted)
        _log_top("top_users", f"users by {by}", wanted, users, kept.users)
    return _Kept(users, songs)


def _log_top(key: str, what: str, wanted: int, picked: np.ndarray, before: np.ndarray) -> None:
    if picked.sum() < wanted:
        log.warning("plays.%s: %s were asked for, but there are only %s", key, f"{wanted:,}", f"{picked.sum():,}")
    log.info("plays.%s: kept %s of %s %s", key, f"{picked.sum():,}", f"{before.sum():,}", what, extra={"screen": True})


def _minima(pairs: Pairs, kept: _Kept, options: Mapping[str, Any]) -> _Kept:
    """Apply ``min_users`` and ``min_songs`` until nothing changes."""
    min_users, min_songs = options.get("min_users", 1), options.get("min_songs", 1)
    users, songs, rounds = core(pairs.user, pairs.song, *kept, min_users, min_songs)
    before, after = (which.users[pairs.user] & which.songs[pairs.song] for which in (kept, _Kept(users, songs)))
    if not after.any():
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
    return _Kept(users, songs)


def _why_nothing_left(pairs: Pairs, kept: _Kept, here: np.ndarray, min_users: int, min_songs: int) -> str:
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


def _numbered(pairs: Pairs, songs: pl.DataFrame, kept: _Kept) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Number the kept users and songs from 0, in the order of their ids, and count what is left of each."""
    here = kept.users[pairs.user] & kept.songs[pairs.song]
    new_user, new_song = (np.cumsum(which, dtype=np.int64) - 1 for which in kept)
    user, song = new_user[pairs.user[here]].astype(np.uint32), new_song[pairs.song[here]].astype(np.uint32)
    count = pairs.count[here]
    plays = pl.DataFrame({"user": user, "song": song, "count": count}, schema=PLAYS)
    user_ids = pairs.user_ids.filter(pl.Series(kept.users))
    users = pl.DataFrame({"user_id": user_ids}).select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("user"),
        "user_id",
        pl.Series("songs", totals(user, len(user_ids))),
        pl.Series("plays", totals(user, len(user_ids), count)),
    )
    songs = songs.filter(pl.Series(kept.songs)).select(*CATALOGUE)
    songs = songs.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("song"),
        *CATALOGUE,
        pl.Series("users", totals(song, songs.height)),
        pl.Series("plays", totals(song, songs.height, count)),
    )
    log.info(
        "kept: %s users, %s songs (%s with audio), %s pairs (%.3f %% of all), %s plays",
        *(f"{n:,}" for n in (users.height, songs.height, songs["audio"].count(), plays.height)),
        100 * plays.height / (users.height * songs.height),
        f"{int(songs['plays'].sum()):,}",
        extra={"screen": True},
    )
    return plays, users.cast(USERS), songs.cast(SONGS)
