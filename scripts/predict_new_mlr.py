"""Give new songs the vectors of the learned metric. Its users keep theirs."""

from pathlib import Path

from coldwave.files import read_array, write_array
from coldwave.job import run
from coldwave.models.mlr.vectors import embed, song_vectors
from coldwave.models.weights import read_weights


def main(*, weights: Path, features: Path, predictions: Path) -> None:
    tensors, settings = read_weights(weights)
    embedded = embed(read_array(features), tensors["mean"], tensors["factor"])
    write_array(predictions, song_vectors(embedded, settings["similarity"]))


run(main)
