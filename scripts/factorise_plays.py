"""Factorise the training songs' plays; fold in the other songs with the user factors frozen.

In the transductive protocol all songs are fitted, and none folded in. fitted_songs.npy marks the songs fitted.
"""

from pathlib import Path

from coldwave.files import read_table
from coldwave.job import run
from coldwave.split.parts import songs_to_fit
from coldwave.wmf.als import factorise_songs
from coldwave.wmf.chosen import read_chosen
from coldwave.wmf.tables import write_factors


def main(
    *,
    plays: Path,
    users: Path,
    split: Path,
    user_factors: Path,
    song_factors: Path,
    fitted_songs: Path,
    objective: Path,
    options: dict,
    chosen: Path = None,
    threads: int = 1,
) -> None:
    """``options``: protocol (strict or transductive) and the factorisation's settings, besides those ``chosen``."""
    settings = {key: value for key, value in options.items() if key != "protocol"} | read_chosen(chosen)
    seen = songs_to_fit(read_table(split), options["protocol"])
    of_users, of_songs, iterations = factorise_songs(
        plays=read_table(plays), fitted=seen, users=read_table(users, ["user"]).height, threads=threads, **settings
    )
    write_factors((user_factors, song_factors, fitted_songs, objective), of_users, of_songs, seen, iterations)


run(main)
