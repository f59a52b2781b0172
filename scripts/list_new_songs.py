"""List for each new song the best users and the nearest songs of the catalogue, by predicted factors."""

from pathlib import Path

import polars as pl

from coldwave.evaluation.recommendation import model_and_seed
from coldwave.files import read_array, read_table, write_table
from coldwave.job import run
from coldwave.new_songs.neighbours import NEAREST_SONGS, nearest_songs
from coldwave.new_songs.users import BEST_USERS, best_users


def main(
    *,
    songs: Path,
    predictions: list[Path],
    catalogue: Path,
    catalogue_predictions: list[Path],
    users: Path,
    user_factors: Path,
    best: Path,
    neighbours: Path,
    options: dict,
) -> None:
    """``options``: users and neighbours, how many of each to list. Both lists of predictions are in the same order."""
    new, ids = read_table(songs, ["song_id"]), read_table(users, ["user_id"])["user_id"]
    known, factors = read_table(catalogue, ["song_id", "artist", "title"]), read_array(user_factors)
    listed, near = [], []
    for path, known_path in zip(predictions, catalogue_predictions, strict=True):
        model, seed = model_and_seed(path)
        named = [pl.lit(model).alias("model"), pl.lit(seed, pl.UInt32).alias("seed")]
        vectors, known_vectors = read_array(path), read_array(known_path)
        listed.append(best_users(new, vectors, ids, factors, options["users"]).select(*named, pl.all()))
        found = nearest_songs(new, vectors, known, known_vectors, factors, options["neighbours"])
        near.append(found.select(*named, pl.all()))
    write_table(best, pl.concat(listed), {"model": pl.String, "seed": pl.UInt32, **BEST_USERS})
    write_table(neighbours, pl.concat(near), {"model": pl.String, "seed": pl.UInt32, **NEAREST_SONGS})


run(main)
