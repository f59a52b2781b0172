"""Detect changes of audio files. The workflow does so each time that it is parsed, so no file is opened."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

NOT_READ = "not read yet"
SUFFIXES = frozenset(  # of audio files in a folder of songs
    f".{name}"
    for name in ["mp3", "flac", "ogg", "oga", "opus", "wav", "m4a", "aac", "aiff", "aif", "wma", "ape", "wv", "mp4"]
)


def audio_state(songs: str | Path) -> str:
    """Digest path, size and time of every audio file that ``songs`` (songs.parquet) names.

    ``"not read yet"`` if there is no such table or it cannot be read (the rule that makes it, or reads it, says what
    is wrong). Files are not opened: 100,000 of them take some tenths of a second.
    """
    songs = Path(songs)
    if not songs.is_file():
        return NOT_READ
    import pyarrow.parquet

    try:
        paths = pyarrow.parquet.read_table(songs, columns=["audio"])["audio"].to_pylist()
    except (OSError, KeyError, pyarrow.ArrowException):
        return NOT_READ
    return files_state(path for path in paths if path is not None)


def folder_state(folder: str | Path, suffixes: frozenset[str] | None = None) -> str:
    """Digest path, size and time of every file below a folder, or of those with one of the ``suffixes``.

    Hidden files and folders are left out. Links to folders are followed, each folder once.
    """
    seen: set[tuple[int, int]] = set()
    found: list[str] = []
    waiting = [str(folder)]
    while waiting:
        here = waiting.pop()
        try:
            status = os.stat(here)  # noqa: PTH116
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(here) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if leads_to_folder(entry):
                        waiting.append(entry.path)
                    elif suffixes is None or os.path.splitext(entry.name)[1].lower() in suffixes:  # noqa: PTH122
                        found.append(entry.path)
        except OSError:
            found.append(here)
    return files_state(sorted(found))


def leads_to_folder(entry: os.DirEntry) -> bool:
    """Return whether an entry is a folder or a link to one; a link that leads nowhere, or to itself, is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def files_state(paths: Iterable[str]) -> str:
    """Digest path, size and time of files; of a missing one, that it is missing."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            found = os.stat(path)  # noqa: PTH116 - a Path for each of 100,000 files takes longer than looking at it
            line = f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n"
        except (OSError, ValueError):
            line = f"{path}\0missing\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
