"""Leave out plays of training and validation songs later than the first test song, in a split by date or first play."""

from pathlib import Path

from coldwave.files import read_table
from coldwave.job import run
from coldwave.plays.cutting import cut_plays
from coldwave.plays.tables import write_plays


def main(
    *,
    source: Path,
    all_plays: Path,
    users: Path,
    songs: Path,
    split: Path,
    plays: Path,
    options: dict,
    threads: int = 1,
) -> None:
    known = read_table(all_plays), read_table(users, ["user_id"]), read_table(songs)
    write_plays(plays, cut_plays(source, options, *known, read_table(split), threads=threads))


run(main)
