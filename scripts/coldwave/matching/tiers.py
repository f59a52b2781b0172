"""The tiers that compare keys: each lists pairs (track, song, rank) of rows, from which one song is chosen.

A lower rank fits better. Tables are those that `forms` makes.
"""

import polars as pl
from rapidfuzz import fuzz

from coldwave.matching.forms import artist_forms

PAIRS = {"track": pl.UInt32, "song": pl.UInt32, "rank": pl.Int32}


def by_names(tracks: pl.DataFrame, songs: pl.DataFrame) -> pl.DataFrame:
    """Pair equal artists and titles."""
    both = ["artist_key", "title_key"]
    pairs = tracks.drop_nulls(both).join(songs, on=both).select("track", "song", rank=pl.lit(0))
    return pairs.cast(PAIRS)


def by_bare_names(tracks: pl.DataFrame, songs: pl.DataFrame) -> pl.DataFrame:
    """Pair artists and titles that are equal without their notes, or in the first of joined artists.

    Two live recordings, or two that are not, fit best; then equal artists; then equal whole titles.
    """
    both = ["words", "base_key"]
    ours, theirs = (
        artist_forms(table, row).join(table.drop_nulls("base_key"), on=row)
        for table, row in ((tracks, "track"), (songs, "song"))
    )
    wide = ours.join(theirs, on=both, suffix="_song")
    differs = [pl.col(name) != pl.col(f"{name}_song") for name in ("live", "artist_words", "title_key")]
    rank = sum(
        differ.fill_null(True).cast(pl.Int32) * weight for differ, weight in zip(differs, (4, 2, 1), strict=True)
    )
    return wide.select("track", "song", rank=rank).group_by("track", "song").agg(pl.col("rank").min()).cast(PAIRS)


def with_titles(pairs: pl.DataFrame, tracks: pl.DataFrame, songs: pl.DataFrame) -> pl.DataFrame:
    """Rank pairs (track, song) that share an identifier: equal titles, without their notes, fit better."""
    wide = _titles(pairs, tracks, songs)
    agree = (pl.col("base_key") == pl.col("base_key_song")).fill_null(False)
    return wide.select("track", "song", rank=(~agree).cast(pl.Int32)).cast(PAIRS)


def where_titles_agree(pairs: pl.DataFrame, tracks: pl.DataFrame, songs: pl.DataFrame, likeness: float) -> pl.DataFrame:
    """Keep the pairs (track, song) whose titles are alike enough and tell of the same version."""
    wide = _titles(pairs, tracks, songs)
    same = [pl.col(name) == pl.col(f"{name}_song") for name in ("marks", "live")]
    wide = wide.drop_nulls(["base", "base_song"]).filter(same)
    alike = [fuzz.ratio(ours, theirs) for ours, theirs in wide.select("base", "base_song").iter_rows()]
    wide = wide.with_columns(alike=pl.Series(alike, dtype=pl.Float64)).filter(pl.col("alike") >= likeness)
    return wide.select("track", "song", rank=(pl.col("base_key") != pl.col("base_key_song")).cast(pl.Int32)).cast(PAIRS)


def _titles(pairs: pl.DataFrame, tracks: pl.DataFrame, songs: pl.DataFrame) -> pl.DataFrame:
    columns = ["base", "base_key", "marks", "live"]
    wide = pairs.join(tracks.select("track", *columns), on="track")
    return wide.join(songs.select("song", *columns), on="song", suffix="_song")
