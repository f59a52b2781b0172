"""What counts as a play: rules on tables of listens, and what they dropped in words."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from coldwave.histories.listens import LISTENS

INCOGNITO = "incognito"
NO_TIME_KNOWN = "of unknown time, with since or until set"
WHOLE_WITHIN = 1  # seconds by which a song's length and what was played of it may differ


def count_plays(table: pl.DataFrame, settings: Mapping[str, Any]) -> tuple[pl.DataFrame, dict[str, int]]:
    """Keep the listens that count as plays.

    Parameters
    ----------
    table : columns of ``LISTENS`` and ``MARKS``
    settings : as `options.checked` returns them

    Returns
    -------
    DataFrame
        The plays, columns of ``LISTENS``.
    dict
        The number of listens dropped for each reason: the first that holds.
    """
    reason = _reason(settings)
    table = table.with_columns(reason.alias("left_out"))
    dropped = (
        table.filter(pl.col("left_out").is_not_null()).group_by("left_out").agg(pl.col("count").cast(pl.Int64).sum())
    )
    kept = table.filter(pl.col("left_out").is_null()).select(LISTENS.keys())
    if settings["user"] is not None:
        kept = kept.with_columns(pl.lit(settings["user"], dtype=pl.String).alias("user_id"))
    return kept, dict(dropped.sort("left_out").iter_rows())


def add_dropped(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Add numbers of dropped listens, by reason."""
    return {reason: one.get(reason, 0) + other.get(reason, 0) for reason in (one | other)}


def count_dropped(dropped: Mapping[str, int]) -> str:
    """Say what was dropped, the most frequent reason first: ``played under 30 s: 1,204, not music: 3``."""
    most_first = sorted(dropped.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{reason}: {number:,}" for reason, number in most_first) or "nothing"


def _reason(settings: Mapping[str, Any]) -> pl.Expr:
    least, since, until = settings["min_seconds"], settings["since"], settings["until"]
    song_is_short = pl.col("duration") < least
    whole = pl.col("whole") | (song_is_short & (pl.col("played") >= pl.col("duration") - WHOLE_WITHIN))
    reason = pl.when(pl.col("left_out").is_not_null()).then("left_out")
    if not settings["incognito"]:
        reason = reason.when(pl.col("incognito")).then(pl.lit(INCOGNITO))
    short = (pl.col("played") < least) & ~whole.fill_null(False)
    reason = reason.when(short).then(pl.lit(f"played under {least:g} s"))
    if since is not None or until is not None:
        reason = reason.when(pl.col("time").is_null()).then(pl.lit(NO_TIME_KNOWN))
    if since is not None:
        reason = reason.when(pl.col("time") < since).then(pl.lit("before since"))
    if until is not None:
        reason = reason.when(pl.col("time") >= until).then(pl.lit("at or after until"))
    return reason.otherwise(pl.lit(None, dtype=pl.String))
