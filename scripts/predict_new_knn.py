"""Give new songs the vectors of the nearest neighbours' model: features of unit length. Its users keep theirs."""

from pathlib import Path

from coldwave.files import read_array, write_array
from coldwave.job import run
from coldwave.models.knn import unit_length


def main(*, features: Path, predictions: Path) -> None:
    write_array(predictions, unit_length(read_array(features)))


run(main)
