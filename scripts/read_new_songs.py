"""Read the table or folder of new songs, and number them. They need no plays."""

from pathlib import Path

from coldwave.files import write_table
from coldwave.job import run
from coldwave.new_songs.reading import NEW_SONGS, read_new_songs
from coldwave.plays.rejections import log_rejected
from coldwave.plays.tables import write_rejected


def main(*, catalogue: Path, songs: Path, rejected: Path, options: dict, threads: int = 1) -> None:
    found, set_aside = read_new_songs(catalogue, options, threads)
    log_rejected(set_aside)
    write_table(songs, found, NEW_SONGS)
    write_rejected(rejected, set_aside)


run(main)
