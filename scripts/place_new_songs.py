"""Place new songs: read and hear them, predict them with all models of a finished run, and list users and neighbours.

A song that an earlier batch holds is not placed again, unless it or the run has changed.
"""

from pathlib import Path

from coldwave.job import run
from coldwave.new_songs.placing import place_batch
from coldwave.new_songs.wanted import Wanted


def main(*, source: Path, batch_file: Path, cache: Path, options: dict, threads: int = 1) -> None:
    """``options``: reading, embeddings, models, users and neighbours, as in ``Wanted``."""
    folder = batch_file.parent  # new_songs/<batch>/ in the run's folder
    place_batch(folder.parents[1], folder.name, Wanted(source, **options), cache, threads)


run(main)
