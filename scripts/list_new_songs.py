"""List for each new song the users who would play it and the nearest songs of the catalogue, by predicted factors."""

from pathlib import Path

from coldwave.files import read_array, read_table, write_table
from coldwave.job import run
from coldwave.new_songs.listeners import BEST_USERS, best_users_table
from coldwave.new_songs.neighbours import NEAREST_SONGS, nearest_songs


def main(
    *,
    songs: Path,
    predictions: Path,
    catalogue: Path,
    catalogue_predictions: Path,
    users: Path,
    user_factors: Path,
    best_users: Path,
    neighbours: Path,
    options: dict,
) -> None:
    """``options``: users and neighbours, how many of each are listed."""
    named, vectors = read_table(songs, ["song_id"]), read_array(predictions)
    known, factors = read_table(catalogue, ["song_id", "artist", "title"]), read_array(user_factors)
    user_ids = read_table(users, ["user_id"])["user_id"]
    write_table(best_users, best_users_table(named, user_ids, vectors, factors, options["users"]), BEST_USERS)
    near = nearest_songs(named, vectors, known, read_array(catalogue_predictions), factors, options["neighbours"])
    write_table(neighbours, near, NEAREST_SONGS)


run(main)
