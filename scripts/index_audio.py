"""Write where each song's log-mels are, or why it has none: one row for every song, in order."""

from pathlib import Path

from coldwave.audio.index import INDEX, audio_index, check_usable, log_unusable
from coldwave.files import read_table, write_table
from coldwave.job import run


def main(*, songs: Path, tables: list[Path], index: Path, options: dict) -> None:
    """``options``: new. A run without any usable song stops here; among new songs, one bad file may be all there is."""
    named = read_table(songs, ["song", "song_id", "audio"])
    rows = audio_index(named, {path.stem: read_table(path) for path in tables})
    if options["new"]:
        log_unusable(rows, named)
    else:
        check_usable(rows)
    write_table(index, rows, INDEX)


run(main)
