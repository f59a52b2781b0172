"""Put the vectors that a pretrained network gives of the songs in order, and write why a song has none."""

from pathlib import Path

from coldwave.audio.index import INDEX, audio_index, check_usable
from coldwave.encoders.gathering import gathered
from coldwave.encoders.tags import parted
from coldwave.files import read_array, read_table, write_array, write_table
from coldwave.job import run


def main(*, songs: Path, tables: list[Path], arrays: list[Path], index: Path, vectors: Path, options: dict) -> None:
    """``options``: network. The vectors are float32 [songs, d], NaN rows for songs without usable audio."""
    named = read_table(songs, ["song", "song_id", "audio"])
    rows = audio_index(named, {path.stem: read_table(path) for path in tables})
    check_usable(rows)
    found = gathered(rows, {path.stem: read_array(path) for path in arrays})
    write_array(vectors, parted(found, options["network"])[0])
    write_table(index, rows, INDEX)


run(main)
