"""Plays of a history with the ids of the songs that they match."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from coldwave.errors import InputError
from coldwave.histories.counting import count_dropped
from coldwave.histories.repeats import not_repeated
from coldwave.matching.matching import Library, match_tracks
from coldwave.matching.tracks import distinct_tracks
from coldwave.plays.batches import ME

MATCHED_PLAYS = {"user_id": pl.String, "song_id": pl.String, "count": pl.UInt32, "time": pl.Float64}
REPEATED = "repeated under another name"


class MatchedListens(NamedTuple):
    """The tracks of listens, the song of each (``matching.MATCHES``), the plays, and listens dropped by reason."""

    tracks: pl.DataFrame
    matches: pl.DataFrame
    plays: pl.DataFrame
    dropped: dict[str, int]


def match_listens(
    listens: pl.DataFrame, songs: pl.DataFrame | Library, repeats_within: float, **how: Any
) -> MatchedListens:
    """Match the tracks of listens (``coldwave.histories.listens.LISTENS``) to songs, and take their plays.

    Parameters
    ----------
    repeats_within : seconds, as for `without_repeats`
    songs, how : as for `match_tracks`
    """
    tracks, of_listen = distinct_tracks(listens)
    matches = match_tracks(tracks, songs, **how)
    plays = matched_plays(listens, of_listen, matches)
    kept = without_repeats(plays, repeats_within)
    repeated = plays.height - kept.height
    return MatchedListens(tracks, matches, kept, {REPEATED: repeated} if repeated else {})


def matched_plays(listens: pl.DataFrame, of_listen: pl.Series, matches: pl.DataFrame) -> pl.DataFrame:
    """Give each listen the song that its track matched; listens of other tracks are left out.

    Parameters
    ----------
    listens : as in ``coldwave.histories.listens.LISTENS``
    of_listen : UInt32 [listens], the track of each
    matches : as `match_tracks` returns them

    Returns
    -------
    As in ``MATCHED_PLAYS``, a row for each listen, in their order.
    """
    songs = matches.sort("track")["song_id"]
    plays = listens.select(pl.col("user_id").fill_null(ME), "count", "time")
    return plays.with_columns(song_id=songs.gather(of_listen)).drop_nulls("song_id").select(list(MATCHED_PLAYS))


def without_repeats(plays: pl.DataFrame, seconds: float) -> pl.DataFrame:
    """Leave out a song begun again by the same user less than ``seconds`` after a play of it that is kept.

    Histories may write a song's name in several ways, so that only the song tells that it is the same.

    Parameters
    ----------
    plays : as in ``MATCHED_PLAYS``
    """
    key = plays.select(pl.struct("user_id", "song_id").rank("dense")).to_series()
    return plays.filter(not_repeated(plays, key, seconds))


def refuse_no_match(found: MatchedListens, history: Path, unmatched: Path) -> None:
    """Raise InputError if no track matched.

    Parameters
    ----------
    history, unmatched : where the listens are from, and what lists the tracks without a song, for the message
    """
    if found.plays.is_empty():
        raise InputError(
            f"{history}: none of its {found.tracks.height:,} tracks is in the songs table: {unmatched} lists them with "
            "what is nearest. Is plays.songs.path the library that was played?"
        )


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
