"""Centre and scale embeddings by the training songs' mean and deviation: features for the models."""

from pathlib import Path

from coldwave.embeddings.scaling import refuse_too_far, scaled, scaling
from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.split.parts import TRAIN


def main(*, vectors: Path, split: Path, mean: Path, scale: Path, features: Path, options: dict) -> None:
    """``options``: standardize. The mean and the scale are kept for new songs."""
    training = (read_table(split)["part"] == TRAIN).to_numpy()
    brought = read_array(vectors)
    centre, divisor = scaling(brought, training, options["standardize"])
    found = scaled(brought, centre, divisor)
    refuse_too_far(found)
    write_array(mean, centre)
    write_array(scale, divisor)
    write_array(features, found)


run(main)
