"""Write the manifest of each audio shard: its songs, their files, and the digests of the files' content."""

from pathlib import Path

from coldwave.audio.manifests import write_manifests
from coldwave.job import run


def main(*, songs: Path, manifests: list[Path], cache: Path, options: dict, threads: int = 1) -> None:
    """Share the songs out among the shards; a manifest changes only where its songs or their content do."""
    write_manifests(songs, manifests, cache, options["shards"], threads)


run(main)
