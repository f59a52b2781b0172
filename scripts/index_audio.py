"""Write where each song's log-mels are, or why it has none: one row for every song, in order."""

from pathlib import Path

from coldwave.audio.index import INDEX, audio_index, check_usable
from coldwave.files import read_table, write_table
from coldwave.job import run


def main(*, songs: Path, tables: list[Path], index: Path) -> None:
    """A run without any usable song stops here."""
    named = read_table(songs, ["song", "song_id", "audio"])
    rows = audio_index(named, {path.stem: read_table(path) for path in tables})
    check_usable(rows)
    write_table(index, rows, INDEX)


run(main)
