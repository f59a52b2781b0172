"""Read play counts and the songs table; number their users and songs.

Makes plays.parquet (user, song, count), users.parquet, songs.parquet and rejected.parquet (every line set aside).
"""

from pathlib import Path

from coldwave.files import read_table
from coldwave.job import run
from coldwave.plays.ingestion import ingest
from coldwave.plays.tables import write_plays, write_rejected, write_songs, write_users


def main(
    *,
    source: Path,
    plays: Path,
    users: Path,
    songs: Path,
    rejected: Path,
    options: dict,
    catalogue: Path = None,
    excluded: Path = None,
    given: Path = None,
    set_aside: Path = None,
    also: list[Path] = (),
    threads: int = 1,
) -> None:
    """``given`` is a split made elsewhere, if users are filtered by its training songs.

    ``set_aside`` are lines of a history that were no listens; ``also`` are further songs tables.
    """
    earlier = read_table(set_aside) if set_aside else None
    tables = ingest(source, catalogue, options, threads, excluded=excluded, given=given, earlier=earlier, also=also)
    write_plays(plays, tables.plays)
    write_users(users, tables.users)
    write_songs(songs, tables.songs)
    write_rejected(rejected, tables.rejected)


run(main)
