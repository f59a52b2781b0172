"""Give every song the factors of its own plays, those that are ranked: an oracle that knows the answers."""

from pathlib import Path

from coldwave.files import read_array, write_array
from coldwave.job import run


def main(*, song_factors: Path, predictions: Path) -> None:
    write_array(predictions, read_array(song_factors))


run(main)
