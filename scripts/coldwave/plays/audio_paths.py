"""Audio paths of a songs table, kept below one folder."""

import os
from functools import lru_cache
from pathlib import Path

from coldwave.errors import InputError


class AudioRoot:
    """The folder that holds a songs table's audio; relative paths start from it."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder (plays.songs.audio_root)")
        self._folder = folder
        self._real = folder.resolve()
        self._real_folder = lru_cache(maxsize=10_000)(os.path.realpath)  # files of one album share theirs

    def locate(self, audio: str) -> str | None:
        """Return the path to store: relative to the working directory if it is below it, else absolute.

        None if it leaves the folder: by ``..``, as an absolute path to elsewhere, or through a symbolic link.
        The file need not exist.
        """
        path = self._folder / audio
        real = Path(self._real_folder(path.parent)) / path.name
        if path.name == ".." or os.path.islink(real):  # noqa: PTH114 (False, not an error, where a name is too long)
            real = Path(os.path.realpath(real))
        if not real.is_relative_to(self._real):
            return None
        return from_here(real if ".." in path.parts else path)


def from_here(path: Path) -> str:
    """Return a path relative to the working directory if it is below it, else absolute."""
    path, here = Path(os.path.abspath(path)), Path.cwd()  # noqa: PTH100 (links stay as they are)
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()
