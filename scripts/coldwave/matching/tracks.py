"""The distinct tracks of a listening history."""

import polars as pl

from coldwave.matching.matching import TRACKS

NAMES = ("artist", "title", "album", "recording_mbid", "mapped_mbid", "isrc", "path")


def distinct_tracks(listens: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Gather the tracks that listens are of.

    Listens are of one track where all of ``NAMES`` are equal; blanks at their ends do not count, and an empty text is
    null. A track's duration is the median of those that its listens tell, which differ from player to player.

    Parameters
    ----------
    listens : ``NAMES`` (null where unknown), ``duration`` (seconds, or null) and ``count``, the plays of each

    Returns
    -------
    tracks : as in ``matching.TRACKS``, sorted by their names, so that the order of the listens does not matter
    index : UInt32, the track of each listen
    """
    texts = [pl.col(name).cast(pl.String).str.strip_chars().replace("", None) for name in NAMES]
    clean = listens.select(*texts, "duration", "count").with_row_index("listen")
    groups = clean.group_by(NAMES).agg(
        pl.col("duration").cast(pl.Float64).median(), pl.col("count").cast(pl.UInt64).sum().alias("plays"), "listen"
    )
    groups = groups.sort(NAMES, nulls_last=True).with_row_index("track")
    index = groups.select("track", "listen").explode("listen").sort("listen")["track"].cast(pl.UInt32)
    return groups.select(list(TRACKS)).cast(TRACKS), index
