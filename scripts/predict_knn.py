"""Score songs by how much they sound like what each user has played: features of unit length, and users' means.

New songs get such vectors too; the users keep theirs.
"""

from pathlib import Path

from coldwave.files import read_array, read_table, write_array
from coldwave.job import run
from coldwave.models.knn import mean_played, unit_length
from coldwave.split.parts import TRAIN


def main(
    *,
    features: Path,
    predictions: Path,
    plays: Path = None,
    users: Path = None,
    split: Path = None,
    prediction_users: Path = None,
) -> None:
    song_vectors = unit_length(read_array(features))
    write_array(predictions, song_vectors)
    if prediction_users:
        training = (read_table(split)["part"] == TRAIN).to_numpy()
        number = read_table(users, ["user"]).height
        write_array(prediction_users, mean_played(read_table(plays, ["user", "song"]), song_vectors, training, number))


run(main)
