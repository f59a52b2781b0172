"""Songs to leave out: a list of ids, or the Million Song Dataset's list of songs and tracks that do not match."""

import re
from pathlib import Path

import polars as pl

from coldwave.errors import InputError
from coldwave.plays.streams import read_blocks

_MISMATCH = re.compile(r"ERROR: <(\S+) \S+>")


def read_excluded(path: Path) -> pl.Series:
    """Read the song ids of a file, each once: the first of the two in a line ``ERROR: <song track> …``, else the line.

    Empty lines and those that begin with ``#`` are skipped.

    Raises
    ------
    InputError
        The file cannot be read as text, or names no song.
    """
    ids: dict[str, None] = {}
    for block, encoding in read_blocks(path):
        for line in block.decode(encoding, "replace").splitlines():
            text = line.strip()
            if text and not text.startswith("#"):
                mismatch = _MISMATCH.match(text)
                ids[mismatch[1] if mismatch else text] = None
    if not ids:
        raise InputError(f"{path}: no song id in it (plays.songs.exclude)")
    return pl.Series("song_id", list(ids), dtype=pl.String)
