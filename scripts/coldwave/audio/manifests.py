"""What each shard is made from: its songs, their files and the digests of the files' content."""

from collections.abc import Mapping

import polars as pl

from coldwave.audio.shards import shard_of

MANIFEST = {"song_id": pl.String, "audio": pl.String, "digest": pl.String}


def shard_manifests(songs: pl.DataFrame, digests: Mapping[str, str | None], count: int) -> list[pl.DataFrame]:
    """Give the manifests of ``count`` shards from the songs' ``song_id`` and ``audio`` (path, or null).

    A song without a path is in none; one whose file cannot be read has a null digest. Sorted by song id, so that a
    manifest changes only where one of its own songs does.
    """
    with_audio = songs.select("song_id", "audio").drop_nulls("audio").sort("song_id")
    manifest = with_audio.with_columns(
        pl.Series("digest", [digests[path] for path in with_audio["audio"]], pl.String),
        pl.Series("shard", [shard_of(song_id, count) for song_id in with_audio["song_id"]], pl.Int64),
    )
    return [manifest.filter(pl.col("shard") == shard).select(*MANIFEST) for shard in range(count)]
