"""Give every song the mean factors of the training songs."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.references import mean_vectors
from coldwave.split.parts import TRAIN


def main(*, split: Path, song_factors: Path, predictions: Path) -> None:
    training = (read_table(split)["part"] == TRAIN).to_numpy()
    write_array(predictions, mean_vectors(read_array(song_factors), training))


run(main)
