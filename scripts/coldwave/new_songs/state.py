"""What decides whether a batch is placed again. The workflow looks at it each time that new songs are asked for."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coldwave.audio.state import NOT_READ, SUFFIXES, files_state, folder_state
from coldwave.errors import InputError

FOLDER, INFO = "new_songs", "batch.json"  # of a run; of a batch
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # of a batch, whole


def songs_state(path: str, reading: Mapping[str, Any]) -> str:
    """Digest path, size and time of every audio file of new songs, which a table names or a folder holds.

    ``"not read yet"`` if the table cannot be read: the job that reads it says what is wrong.
    """
    if Path(path).is_dir():
        return folder_state(path, SUFFIXES)
    from coldwave.plays.catalogue import read_catalogue

    try:
        songs, _ = read_catalogue(Path(path), reading)
    except (InputError, OSError):
        return NOT_READ
    return files_state(songs["audio"].drop_nulls())


def check_source(run: str | Path, batch: str, source: str | Path) -> None:
    """Check that a batch is not that of another table or folder, whose songs it would lose.

    Where the batch has noted a relative path, it starts at the folder that ``results`` is in.

    Raises
    ------
    InputError
        It is; the message says what to do.
    """
    path = Path(run) / FOLDER / batch / INFO
    try:
        before = json.loads(path.read_text(encoding="utf-8"))["source"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if (Path(run).absolute().parents[1] / before).resolve() != Path(source).resolve():
        raise InputError(
            f"{path.parent} holds the songs of {before}, and {source} is asked for: give them another name "
            "(new_songs.batch, or --batch), or delete this folder"
        )
