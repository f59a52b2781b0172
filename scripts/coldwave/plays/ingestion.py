"""From raw plays and a songs table to indexed tables: the rules and filters of the config's ``plays`` section."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.plays.catalogue import read_catalogue
from coldwave.plays.choosing import Kept, log_silent, minima, one_of, top_songs, top_users, users_by_training
from coldwave.plays.exclusion import read_excluded
from coldwave.plays.filters import of_kept, totals
from coldwave.plays.manifest import IDENTIFIERS
from coldwave.plays.pairs import Pairs
from coldwave.plays.reading import read_plays
from coldwave.plays.rejections import log_rejected, refuse_rejected
from coldwave.plays.streams import BLOCK_BYTES
from coldwave.plays.tables import PLAYS, USERS, songs_schema
from coldwave.plays.training import training_songs

log = logging.getLogger(__name__)


class Ingested(NamedTuple):
    """The stage's tables, as in ``coldwave.plays.tables``."""

    plays: pl.DataFrame
    users: pl.DataFrame
    songs: pl.DataFrame
    rejected: pl.DataFrame


def ingest(
    source: Path,
    catalogue: Path | None,
    options: Mapping[str, Any],
    threads: int = 1,
    block_bytes: int = BLOCK_BYTES,
    excluded: Path | None = None,
    given: Path | None = None,
    earlier: pl.DataFrame | None = None,
    also: Sequence[Path] = (),
) -> Ingested:
    """Read plays and songs, apply the rules, and number what is left from 0, sorted by id, bytewise.

    The rules apply in this order: songs that are not in the songs table, songs without audio, songs of the file
    ``excluded``, ``top_songs``, ``top_users``, then ``min_users`` and ``min_songs``. Where ``filter_by`` is training,
    songs are filtered first (``top_songs``, ``min_users``), then split, and last users (``top_users``, ``min_songs``)
    by their plays of training songs. Without a songs table every song is kept, with its id as its title.

    With the option ``first_play`` the songs have the column of that name, as all plays tell it. ``given`` is the file
    of a split made elsewhere, ``also`` further songs tables. ``earlier`` are lines that were set aside before, as
    ``rejected``.

    Raises
    ------
    InputError
        A file or a setting is wrong, nothing is left, or ``strict`` is true and a line is malformed.
    """
    pairs, rejected = read_plays(source, options, block_bytes, threads=threads)
    told = pairs.told
    if earlier is not None:
        rejected = pl.concat([earlier, rejected])
    strict = options.get("strict", False)
    if strict:
        refuse_rejected(rejected)
    if catalogue is None:
        songs = _songs_of_plays(pairs)
        kept = _everything(pairs, songs)
        log.info("no songs table: every song is kept; its title is what the plays say, or its id")
    else:
        listed, set_aside = read_catalogue(catalogue, options.get("songs") or {}, threads, also)
        log_rejected(set_aside)
        if strict:
            refuse_rejected(set_aside)
        rejected = pl.concat([rejected, set_aside])
        pairs, songs = _join(pairs, listed, catalogue)
        kept = _song_rules(pairs, songs, options, catalogue)
    if options.get("first_play"):
        songs = songs.join(told.select("song_id", "first_play"), on="song_id", how="left", maintain_order="left")
    if excluded is not None:
        named = songs["song_id"].is_in(read_excluded(excluded).implode()).to_numpy()
        kept = _songs_rule("songs.exclude", f"named in {excluded}", "drop", named, pairs, songs, kept)
        if not kept.songs[pairs.song].any():
            raise InputError(f"{excluded}: every song of the plays is named in it (plays.songs.exclude)")
    if options.get("filter_by", "all") == "training":
        kept = kept._replace(songs=top_songs(pairs, kept, options))
        kept = minima(pairs, kept, {**options, "min_songs": 1})
        training = training_songs(songs, kept.songs, options["split"], given)
        kept = kept._replace(users=users_by_training(pairs, kept, training, options))
        log_silent(pairs, kept)
    else:
        listed = kept
        kept = kept._replace(songs=top_songs(pairs, kept, options))
        kept = kept._replace(users=top_users(pairs, kept, options))
        kept = minima(pairs, kept, options)
        if "split" in options:
            training = training_songs(songs, kept.songs, options["split"], given)
            others = users_by_training(pairs, kept._replace(users=listed.users), training, options)
            log.info(
                "plays.filter_by: all: the plays of validation and test songs count. By those of training songs alone, "
                "%s of the %s users would not be here, and %s others would",
                *(f"{n:,}" for n in ((kept.users & ~others).sum(), kept.users.sum(), (others & ~kept.users).sum())),
                extra={"screen": True},
            )
    return Ingested(*_numbered(pairs, songs, kept), rejected)


def _songs_of_ids(song_ids: pl.Series) -> pl.DataFrame:
    """Make a songs table from ids alone."""
    return pl.DataFrame({"song_id": song_ids}).select(
        "song_id",
        pl.col("song_id").alias("title"),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in ("artist", "album", "date")),
        pl.lit([], dtype=pl.List(pl.String)).alias("tags"),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in ("audio", *IDENTIFIERS)),
        pl.lit(None, dtype=pl.Float64).alias("seconds"),
    )


def _songs_of_plays(pairs: Pairs) -> pl.DataFrame:
    """Make a songs table from ids, and from the names that plays tell; a song without a title has its id."""
    songs, told = _songs_of_ids(pairs.song_ids), pairs.told
    if told is None or "artist" not in told.columns:
        return songs
    title = pl.coalesce(*(name for name in ("title", "artist") if name in told.columns), "song_id")
    return songs.with_columns(told.select("artist", title.alias("title")))


def _everything(pairs: Pairs, songs: pl.DataFrame) -> Kept:
    return Kept(np.ones(len(pairs.user_ids), dtype=bool), np.ones(songs.height, dtype=bool))


def _join(pairs: Pairs, listed: pl.DataFrame, catalogue: Path) -> tuple[Pairs, pl.DataFrame]:
    """Number the songs of the plays and of the songs table together; ``listed`` marks those of the table."""
    unlisted = _songs_of_plays(pairs).join(listed, on="song_id", how="anti", maintain_order="left")
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
            unlisted.with_columns(pl.lit(False).alias("listed")),
        ]
    ).sort("song_id")
    place = pairs.song_ids.to_frame("song_id").join(
        songs.select("song_id").with_row_index("place"), on="song_id", how="left", maintain_order="left"
    )["place"]
    song = place.to_numpy().astype(np.uint32)[pairs.song]  # sorted ids stay sorted, so pairs do too
    return Pairs(pairs.user, song, pairs.count, pairs.user_ids, songs["song_id"]), songs


def _song_rules(pairs: Pairs, songs: pl.DataFrame, options: Mapping[str, Any], catalogue: Path) -> Kept:
    """Apply ``unlisted_songs`` and ``songs_without_audio``."""
    kept = _everything(pairs, songs)
    listed, silent = songs["listed"].to_numpy(), songs["audio"].is_null().to_numpy()
    played = totals(pairs.song, songs.height) > 0
    rule = one_of(options, "unlisted_songs", ("drop", "keep"))
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
    rule = one_of(options, "songs_without_audio", ("drop", "keep"))
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
    name: str, what: str, rule: str, concerned: np.ndarray, pairs: Pairs, songs: pl.DataFrame, kept: Kept
) -> Kept:
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


def _numbered(pairs: Pairs, songs: pl.DataFrame, kept: Kept) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Number the kept users and songs from 0, in the order of their ids, and count what is left of each."""
    here = of_kept(pairs.user, pairs.song, *kept)
    user, song, count = pairs.user[here], pairs.song[here], pairs.count[here]
    if not isinstance(here, slice):  # else each has its number
        new_user, new_song = (np.cumsum(which, dtype=np.int64) - 1 for which in kept)
        user, song = new_user[user].astype(np.uint32), new_song[song].astype(np.uint32)
    plays = pl.DataFrame({"user": user, "song": song, "count": count}, schema=PLAYS)
    user_ids = pairs.user_ids.filter(pl.Series(kept.users))
    users = pl.DataFrame({"user_id": user_ids}).select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("user"),
        "user_id",
        pl.Series("songs", totals(user, len(user_ids))),
        pl.Series("plays", totals(user, len(user_ids), count)),
    )
    schema = songs_schema(songs)
    songs = songs.filter(pl.Series(kept.songs)).select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("song"), *(name for name in schema if name in songs.columns)
    )
    songs = songs.with_columns(
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
    return plays, users.cast(USERS), songs.select(*schema).cast(schema)
