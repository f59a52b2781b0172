"""Train a tower whose song vectors tell which song a user has played, from the mean of the user's other songs."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_table
from coldwave.job import run
from coldwave.models.contrastive.training import CURVE_SCHEMA, train_contrastive
from coldwave.models.weights import write_weights
from coldwave.split.parts import TRAIN, VALIDATION


def main(
    *,
    plays: Path,
    split: Path,
    features: Path,
    user_factors: Path,
    song_factors: Path,
    weights: Path,
    curve: Path,
    options: dict,
    seed: int,
) -> None:
    part = read_table(split)["part"].to_numpy()
    training = part == TRAIN
    arrays, epochs = train_contrastive(
        read_table(plays, ["user", "song"]),
        read_array(features),
        read_array(user_factors),
        read_array(song_factors),
        training,
        part == VALIDATION,
        options,
        seed,
    )
    write_weights(weights, arrays, options, fitted_on=training)
    write_table(curve, epochs, CURVE_SCHEMA)


run(main)
