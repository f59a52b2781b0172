"""Give every song the factors of its own plays: an upper bound, as new songs have no plays."""

from pathlib import Path

from coldwave.files import read_array, write_array
from coldwave.job import run


def main(*, song_factors: Path, predictions: Path) -> None:
    write_array(predictions, read_array(song_factors))


run(main)
