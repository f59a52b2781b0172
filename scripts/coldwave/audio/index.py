"""Where each song's frames are: the shard tables, joined to the songs' numbers."""

import logging
from collections.abc import Mapping

import polars as pl

from coldwave.errors import InputError

log = logging.getLogger(__name__)

INDEX = {
    "song": pl.UInt32,
    "shard": pl.String,
    "start": pl.Int64,
    "frames": pl.Int32,
    "seconds": pl.Float32,
    "status": pl.String,
    "detail": pl.String,
}

NO_AUDIO = "no_audio"


def audio_index(songs: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return one row for each song, in order (``INDEX``), from ``songs`` (``song``, ``song_id``, ``audio``).

    ``tables`` has each shard's table by the shard's name. A song without an audio file has no shard, and the status
    ``no_audio``.

    Raises
    ------
    ValueError
        A song is in no shard or in two, or a shard has a song that is not in ``songs``.
    """
    shards = [table.with_columns(shard=pl.lit(name, pl.String)) for name, table in tables.items()]
    extracted = pl.concat(shards)
    if twice := extracted.filter(pl.col("song_id").is_duplicated())["song_id"].to_list():
        raise ValueError(f"song {twice[0]!r} is in the shards' tables twice (as are {len(set(twice)) - 1} others)")
    with_audio = songs.filter(pl.col("audio").is_not_null())
    _refuse(with_audio.join(extracted, on="song_id", how="anti"), "named in the songs table and in no shard's table")
    _refuse(extracted.join(with_audio, on="song_id", how="anti"), "in a shard's table and not in the songs table")
    joined = songs.join(extracted, on="song_id", how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("start", "frames").fill_null(0),
        pl.col("seconds").fill_null(0.0),
        pl.col("status").fill_null(NO_AUDIO),
        pl.col("detail").fill_null("the songs table names no audio file"),
    ).select(pl.col(name).cast(type_) for name, type_ in INDEX.items())


def _refuse(rows: pl.DataFrame, what: str) -> None:
    if rows.height:
        raise ValueError(f"{rows.height:,} songs, such as {rows['song_id'][0]!r}, are {what}")


def check_usable(index: pl.DataFrame) -> None:
    """Log how many songs have usable audio, and why the others have none.

    Raises
    ------
    InputError
        No song has usable audio.
    """
    usable = index.filter(pl.col("status") == "ok").height
    if usable:
        reasons = index.filter(pl.col("status") != "ok")["status"].value_counts(sort=True).iter_rows()
        counts = "".join(f", {count:,} {status}" for status, count in reasons)
        log.info(
            "songs with usable audio: %s of %s%s", f"{usable:,}", f"{index.height:,}", counts, extra={"screen": True}
        )
        return
    if index.height == 0:
        raise InputError("there are no songs: plays/songs.parquet is empty; check plays and its filters in the config")
    common = index["status"].value_counts(sort=True).row(0, named=True)
    example = index.filter(pl.col("status") == common["status"]).row(0, named=True)
    raise InputError(
        f"none of {index.height:,} songs has usable audio; the most common reason is {common['status']} "
        f"({common['count']:,} songs, such as song {example['song']}: {example['detail']}). Check the audio column of "
        "the songs table, plays.songs.audio_root in the config, and the files themselves"
    )
