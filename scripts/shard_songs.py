"""Writes the manifest of each audio shard: its songs, their files, and the digests of the files' content."""

import logging
from pathlib import Path

from coldwave.audio.digests import content_digests
from coldwave.audio.manifests import MANIFEST, shard_manifests
from coldwave.audio.shards import shard_names
from coldwave.files import read_table, write_table
from coldwave.job import run

log = logging.getLogger("coldwave.audio.manifests")


def main(*, songs: Path, manifests: list[Path], cache: Path, options: dict, threads: int = 1) -> None:
    """Share the songs out among the shards; a manifest changes only where its songs or their content do."""
    names = shard_names(options["shards"])
    if [path.stem for path in manifests] != names:
        raise ValueError(f"manifests are {[path.name for path in manifests]}, not those of the shards {names}")
    table = read_table(songs, ["song_id", "audio"])
    paths = table["audio"].drop_nulls()
    if without := table.height - len(paths):
        log.warning("%s of %s songs name no audio file", f"{without:,}", f"{table.height:,}")
    digests = content_digests(paths, cache, threads)
    for path, manifest in zip(manifests, shard_manifests(table, digests, len(names)), strict=True):
        write_table(path, manifest, MANIFEST)
    log.info("%s songs in %s shards", f"{len(paths):,}", len(names))


run(main)
