"""The choice among several songs of the library that fit a track equally well."""

import polars as pl

from coldwave.matching.names import keys, plain
from coldwave.matching.notes import without_notes


def facts(table: pl.DataFrame, seconds: str) -> pl.DataFrame:
    """Gather what the choice looks at: album, its base without notes, seconds, and artist and title as written."""
    return pl.DataFrame(
        {
            "album": keys(table["album"]),
            "album_base": keys(without_notes(table["album"])["title"]),
            "seconds": table[seconds].cast(pl.Float64),
            "artist": plain(table["artist"]),
            "title": plain(table["title"]),
        }
    )


def choose(
    pairs: pl.DataFrame, tracks: pl.DataFrame, songs: pl.DataFrame, ids: pl.Series, files: pl.DataFrame
) -> pl.DataFrame:
    """Choose one song for each track.

    The lowest rank wins; then the file that the history names, the same album (then the same but for its edition), the
    nearest duration, the same spelling, the first id.

    Parameters
    ----------
    pairs : track, song, rank: songs that fit, by row
    tracks, songs : the `facts` of each row
    ids : the song ids
    files : track, song: songs that are the file that a track's path names

    Returns
    -------
    DataFrame
        track, song, candidates (songs of the lowest rank); tracks without a pair have no row
    """
    pairs = pairs.group_by("track", "song").agg(pl.col("rank").min())
    pairs = pairs.filter(pl.col("rank") == pl.col("rank").min().over("track"))
    named = files.with_columns(named=pl.lit(True))
    ours = tracks.with_row_index("track")
    theirs = songs.with_columns(song_id=ids).with_row_index("song")
    wide = pairs.join(ours, on="track").join(theirs, on="song", suffix="_song")
    wide = wide.join(named, on=["track", "song"], how="left")

    def same(column: str) -> pl.Expr:
        return (pl.col(column) == pl.col(f"{column}_song")).fill_null(False)

    order = [
        pl.col("named").is_null(),
        ~same("album"),
        ~same("album_base"),
        (pl.col("seconds") - pl.col("seconds_song")).abs().fill_nan(None).fill_null(float("inf")),
        ~same("title"),
        ~same("artist"),
        pl.col("song_id"),
    ]
    first = pl.col("song").sort_by(order).first()
    return wide.group_by("track").agg(first, candidates=pl.len().cast(pl.UInt32)).sort("track")
