"""Writes where each song's log-mels are: one row for every song, in order."""

from pathlib import Path

from coldwave.audio.index import INDEX, audio_index, check_usable
from coldwave.files import read_table, write_table
from coldwave.job import run


def main(*, songs: Path, tables: list[Path], index: Path, options: dict) -> None:
    """Join the shards' tables to the songs; a run without one usable song stops here."""
    by_shard = {path.stem: read_table(path) for path in tables}
    rows = audio_index(read_table(songs, ["song", "song_id", "audio"]), by_shard)
    check_usable(rows)
    write_table(index, rows, INDEX)


run(main)
