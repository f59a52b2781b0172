"""Leave out what was played later than the songs that are tested: a model that is tested on them could not know it."""

import datetime
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.plays.dates import begin_of
from coldwave.plays.filters import totals
from coldwave.plays.pairs import Pairs
from coldwave.plays.reading import read_plays
from coldwave.plays.streams import BLOCK_BYTES
from coldwave.plays.tables import PLAYS
from coldwave.split.parts import TEST

log = logging.getLogger(__name__)


def cut_plays(
    source: Path,
    options: Mapping[str, Any],
    plays: pl.DataFrame,
    users: pl.DataFrame,
    songs: pl.DataFrame,
    split: pl.DataFrame,
    block_bytes: int = BLOCK_BYTES,
    threads: int = 1,
) -> pl.DataFrame:
    """Count training and validation songs' plays anew, without those after the first test song came out.

    That is when the first test song was first heard, where ``songs`` tell it, else its release. The file is read a
    second time, so that no more than one count of each pair is ever in memory. The day, month or year of the release
    begins in UTC; a play in its first second is later. Test songs keep all plays.

    Parameters
    ----------
    source, options : the file of plays, and ``format`` and ``table`` of the config's ``plays``, with a column of times
    plays, users, songs, split : the run's tables; row n of songs and split is song n

    Returns
    -------
    table ``user``, ``song``, ``count``, sorted: no song or user is numbered anew, but some may have no play left

    Raises
    ------
    InputError
        No play is earlier, or as `read_plays`.
    """
    tested = (split.sort("song")["part"] == TEST).to_numpy()
    by = "first_play" if "first_play" in songs.columns else "date"
    first = songs[by].filter(pl.Series(tested)).min()
    if by == "first_play":
        begin, release = first, datetime.datetime.fromtimestamp(first, datetime.UTC).isoformat(" ")
    else:
        begin, release = begin_of(first), first
    pairs, _ = read_plays(source, options, block_bytes, before=begin, threads=threads)
    user, song = _places(pairs.user_ids, users["user_id"]), _places(pairs.song_ids, songs["song_id"])
    known = (user >= 0)[pairs.user] & (song >= 0)[pairs.song]
    known &= ~np.append(tested, False)[song][pairs.song]  # -1, of an unknown song, is the place of the False
    early = _table(pairs, known, user, song)
    if early.is_empty():
        raise InputError(
            f"{source}: no play of a training song is earlier than the first test song ({release}): check "
            "the times of plays and the dates of songs, or lower split.test"
        )
    of_tested = pl.Series(tested).gather(plays["song"])
    _log_cut(early, plays.filter(~of_tested), by, release, tested)
    return pl.concat([early, plays.filter(of_tested)]).sort("user", "song")


def _places(ids: pl.Series, known: pl.Series) -> np.ndarray:
    """Find each id among the known ones: int64 [ids], -1 for one that is not there."""
    rows = known.to_frame("id").with_row_index("place")
    found = ids.to_frame("id").join(rows, on="id", how="left", maintain_order="left")["place"]
    return found.cast(pl.Int64).fill_null(-1).to_numpy()


def _table(pairs: Pairs, chosen: np.ndarray, user: np.ndarray, song: np.ndarray) -> pl.DataFrame:
    columns = {"user": user[pairs.user[chosen]], "song": song[pairs.song[chosen]], "count": pairs.count[chosen]}
    return pl.DataFrame(columns).cast(PLAYS)


def _log_cut(early: pl.DataFrame, before: pl.DataFrame, by: str, release: str, tested: np.ndarray) -> None:
    left, were = (int(table["count"].sum()) for table in (early, before))
    had, has = (totals(table["song"].to_numpy(), len(tested)) > 0 for table in (before, early))
    silent = had & ~has  # and not the songs that nobody has played at all
    log.info(
        "split.by: %s: the first test song is of %s; left out %s of the %s plays of other songs, from then on or "
        "later, and %s of their %s pairs",
        by,
        release,
        *(f"{number:,}" for number in (were - left, were, before.height - early.height, before.height)),
        extra={"screen": True},
    )
    if silent.any():
        log.warning("%s training and validation songs have no play before %s", f"{silent.sum():,}", release)
