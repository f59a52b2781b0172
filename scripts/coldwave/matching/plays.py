"""Plays of a history with the ids of the songs that they match."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from coldwave.errors import InputError
from coldwave.histories.counting import count_dropped
from coldwave.plays.batches import ME

MATCHED_PLAYS = {"user_id": pl.String, "song_id": pl.String, "count": pl.UInt32, "time": pl.Float64}


def matched_plays(
    listens: pl.DataFrame, of_listen: pl.Series, matches: pl.DataFrame, history: Path, unmatched: Path
) -> pl.DataFrame:
    """Give each listen the song that its track matched; listens of other tracks are left out.

    Parameters
    ----------
    listens : as in ``coldwave.histories.listens.LISTENS``
    of_listen : UInt32 [listens], the track of each
    matches : as `match_tracks` returns them
    history, unmatched : where the listens are from, and what lists the tracks without a song, for the message

    Returns
    -------
    As in ``MATCHED_PLAYS``, a row for each listen, in their order.

    Raises
    ------
    InputError
        No track matched.
    """
    songs = matches.sort("track")["song_id"]
    plays = listens.select(pl.col("user_id").fill_null(ME), "count", "time")
    plays = plays.with_columns(song_id=songs.gather(of_listen)).drop_nulls("song_id")
    if plays.is_empty():
        raise InputError(
            f"{history}: none of its {songs.len():,} tracks is in the songs table: {unmatched} lists them with what is "
            "nearest. Is plays.songs.path the library that was played?"
        )
    return plays.select(list(MATCHED_PLAYS))


def without_repeats(plays: pl.DataFrame, seconds: float) -> pl.DataFrame:
    """Leave out a song begun again by the same user less than ``seconds`` after a play of it that is kept.

    Histories may write a song's name in several ways, so that only the song tells that it is the same.

    Parameters
    ----------
    plays : as in ``MATCHED_PLAYS``; those without a time stay
    """
    timed = plays.with_row_index("row").drop_nulls("time").sort("user_id", "song_id", "time")
    new = (timed["user_id"] != timed["user_id"].shift()) | (timed["song_id"] != timed["song_id"].shift())
    repeated, last = [], 0.0
    for row, begins, time in zip(timed["row"], new.fill_null(True), timed["time"], strict=True):
        if not begins and time - last < seconds:
            repeated.append(row)
        else:
            last = time
    return plays.filter(~pl.int_range(pl.len(), dtype=pl.UInt32).is_in(repeated))


def notes(dropped: Mapping[str, int], set_aside: int, unmatched: int) -> list[str]:
    """Say how to read the table of tiers, what was dropped, and where the rest is listed."""
    lines = [
        "Tiers are tried in this order, each on what is left. Second try: without notes such as a featured artist, a "
        "remaster or an edition. Fuzzy: alike above plays.matching.likeness, and by plays.matching.margin more than "
        "any other song.",
        f"Listens that are no plays: {count_dropped(dropped)}. Lines set aside: {set_aside:,} "
        "(plays/rejected.parquet).",
    ]
    if unmatched:
        lines.append(
            f"plays/unmatched.csv lists the {unmatched:,} tracks without a song, most played first, with the nearest "
            "song. Fill in song_id, or none, and name the file as plays.matching.overrides."
        )
    return lines
