"""Writes where each new song's log-mels are, or why it has none: one row for every song, in order."""

import logging
from pathlib import Path

from coldwave.audio.index import INDEX, audio_index
from coldwave.files import read_table, write_table
from coldwave.job import run

log = logging.getLogger(__name__)


def main(*, songs: Path, tables: list[Path], index: Path) -> None:
    """Join the shards' tables to the songs. One bad file may be all that is new, so none usable is no error here."""
    named = read_table(songs, ["song", "song_id", "audio"])
    rows = audio_index(named, {path.stem: read_table(path) for path in tables})
    for song, status, detail in rows.filter(rows["status"] != "ok").select("song", "status", "detail").iter_rows():
        log.warning("%s is not predicted from audio: %s: %s", named["song_id"][song], status, detail)
    write_table(index, rows, INDEX)


run(main)
