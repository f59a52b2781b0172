"""What each shard is made from: its songs, their files and the digests of the files' content."""

import logging
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from coldwave.audio.digests import content_digests
from coldwave.audio.shards import shard_names, shard_of
from coldwave.files import read_table, write_table

log = logging.getLogger(__name__)

MANIFEST = {"song_id": pl.String, "audio": pl.String, "digest": pl.String}


def shard_manifests(songs: pl.DataFrame, digests: Mapping[str, str | None], count: int) -> list[pl.DataFrame]:
    """Return the manifests of ``count`` shards from the songs' ``song_id`` and ``audio`` (path, or null).

    A song without a path is in none; one whose file cannot be read has a null digest. Manifests are sorted by song id,
    so that each changes only if one of its own songs does.
    """
    with_audio = songs.select("song_id", "audio").drop_nulls("audio").sort("song_id")
    manifest = with_audio.with_columns(
        pl.Series("digest", [digests[path] for path in with_audio["audio"]], pl.String),
        pl.Series("shard", [shard_of(song_id, count) for song_id in with_audio["song_id"]], pl.Int64),
    )
    return [manifest.filter(pl.col("shard") == shard).select(*MANIFEST) for shard in range(count)]


def write_manifests(songs: Path, manifests: list[Path], cache: Path, count: int, threads: int = 1) -> None:
    """Share the songs of a songs table out among ``count`` shards; ``manifests`` are the files of all of them."""
    names = shard_names(count)
    if [path.stem for path in manifests] != names:
        raise ValueError(f"manifests are {[path.name for path in manifests]}, not those of the shards {names}")
    table = read_table(songs, ["song_id", "audio"])
    paths = table["audio"].drop_nulls()
    if without := table.height - len(paths):
        log.warning("%s of %s songs name no audio file", f"{without:,}", f"{table.height:,}")
    digests = content_digests(paths, cache, threads)
    for path, manifest in zip(manifests, shard_manifests(table, digests, count), strict=True):
        write_table(path, manifest, MANIFEST)
    log.info("%s songs in %s shards", f"{len(paths):,}", count)
