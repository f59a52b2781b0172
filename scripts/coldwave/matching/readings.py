"""What tracks and songs may be called: what their tags say, and where that is not whole, what their paths say."""

import polars as pl

from coldwave.matching.forms import forms
from coldwave.matching.names import artist_keys, keys
from coldwave.matching.paths import read_names

READINGS = {"owner": pl.UInt32, "order": pl.Int32, "artist": pl.String, "title": pl.String, "album": pl.String}


def readings(table: pl.DataFrame, path: str) -> pl.DataFrame:
    """List what each row may be called (``READINGS``): order 0 are its tags, the others are readings of its path.

    A path is read where artist or title is missing, or the artist is nobody; it stands in for what is missing only.

    Parameters
    ----------
    table : artist, title, album, and the column ``path``
    """
    names = table.select("artist", "title", "album").with_row_index("owner")
    tags = names.with_columns(order=pl.lit(0)).select(list(READINGS)).cast(READINGS)
    artist = names["artist"].set(artist_keys(names["artist"]).is_null(), None)
    title = names["title"].set(keys(names["title"]).is_null(), None)
    lacking = artist.is_null() | title.is_null()
    found = read_names(table[path].set(~lacking, None)).rename({"row": "owner"})
    given = pl.DataFrame({"owner": names["owner"], "artist": artist, "title": title, "album": names["album"]})
    read = found.join(given, on="owner", suffix="_tag", maintain_order="left")
    read = read.with_columns(pl.coalesce(f"{name}_tag", name).alias(name) for name in ("artist", "title", "album"))
    read = read.with_columns(order=(pl.int_range(pl.len()) + 1).over("owner"))
    return pl.concat([tags, read.select(list(READINGS)).cast(READINGS)])


def reading_forms(read: pl.DataFrame, row: str, seconds: pl.Series) -> pl.DataFrame:
    """Make the `forms` of readings, with ``owner``, ``order`` and their owner's ``seconds``; ``row`` numbers them."""
    return forms(read.with_row_index(row), row).with_columns(
        owner=read["owner"], order=read["order"], seconds=seconds.gather(read["owner"]).cast(pl.Float64)
    )


def of_owners(pairs: pl.DataFrame, tracks: pl.DataFrame, songs: pl.DataFrame) -> pl.DataFrame:
    """Turn pairs (track, song, rank, …) of readings into pairs of their owners; a later reading ranks lower.

    ``tracks`` and ``songs`` are the `reading_forms`.
    """
    columns = ["owner", "order"]
    wide = pairs.join(tracks.select("track", *columns), on="track")
    wide = wide.join(songs.select("song", *columns), on="song", suffix="_song")
    rank = pl.col("rank") * 1000 + (pl.col("order") + pl.col("order_song")).clip(0, 999)
    return wide.with_columns(track="owner", song="owner_song", rank=rank.cast(pl.Int32)).select(pairs.columns)
