"""Centre and scale embeddings by the training songs' mean and deviation: features for the models."""

from pathlib import Path

from coldwave.embeddings import embedding_features
from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.split import TRAIN


def main(*, vectors: Path, split: Path, features: Path, options: dict) -> None:
    """``options``: standardize."""
    training = (read_table(split)["part"] == TRAIN).to_numpy()
    write_array(features, embedding_features(read_array(vectors), training, options["standardize"]))


run(main)
