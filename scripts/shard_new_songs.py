"""Writes the manifest of each shard of the new songs: its songs, their files, and the digests of their content."""

from pathlib import Path

from coldwave.audio.manifests import write_manifests
from coldwave.job import run


def main(*, songs: Path, manifests: list[Path], cache: Path, options: dict, threads: int = 1) -> None:
    write_manifests(songs, manifests, cache, options["shards"], threads)


run(main)
