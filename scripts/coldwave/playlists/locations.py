"""Paths of audio files as a playlist names them.

A path keeps the bytes of the file's own name: players compare bytes, and an accent has two spellings in Unicode. Bytes
that are no UTF-8 come as Python's file functions give them (``surrogateescape``), and leave as they were.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from coldwave.errors import InputError
from coldwave.playlists.entries import Locate

_DRIVE = re.compile("[A-Za-z]:/")


def locating(playlist: Path, prefixes: Sequence[tuple[str, str]]) -> Locate:
    """Return a function that gives the path by which ``playlist`` names an audio file, with ``/`` in it.

    A file below the FROM of one of ``prefixes`` (the longest, where several are above it) gets that folder's TO in
    FROM's place: the path as a server sees it. Any other gets its path relative to the playlist's folder. Such a path
    goes up from the real folder: through a link, ``..`` leads elsewhere than it looks.

    Raises
    ------
    InputError
        A FROM is empty, or a TO is the address of a server.
    """
    folder = _absolute(playlist.parent)
    replaced = [(_folder(old, new), new.replace("\\", "/") if _windows(new) else new) for old, new in prefixes]
    replaced.sort(key=lambda pair: len(pair[0].parts), reverse=True)

    def locate(audio: Path) -> str:
        path = _absolute(audio)
        for old, new in replaced:
            if path.is_relative_to(old):
                return str(PurePosixPath(new) / path.relative_to(old).as_posix())
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
        return Path(os.path.relpath(path, os.path.realpath(folder))).as_posix()

    return locate


def _folder(old: str, new: str) -> Path:
    if not old:
        raise InputError("--path-prefix: nothing stands before the =; write FROM=TO, such as /home/me/Music=/music")
    if "://" in new:
        raise InputError(f"--path-prefix: {new!r} is an address; give the folder's path as the player sees it")
    return _absolute(Path(os.path.expanduser(old)))  # noqa: PTH111 (an unknown ~name stays as it is)


def _windows(path: str) -> bool:
    return bool(_DRIVE.match(path.replace("\\", "/"))) or path.startswith("\\\\")


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 (links stay as they are)


def as_bytes(path: str) -> bytes:
    """Return a path's own bytes. Raises UnicodeEncodeError where no file can have such a name."""
    return path.encode("utf-8", "surrogateescape")


def as_uri(path: str) -> str:
    """Return a path as a URI reference, percent-encoded: ``file:///…`` for an absolute path, else a relative one.

    Raises
    ------
    UnicodeEncodeError
        No file can have such a name.
    """
    encoded = quote(as_bytes(path), safe="/")
    if drive := _DRIVE.match(path):
        return f"file:///{drive[0]}{quote(as_bytes(path[drive.end() :]), safe='/')}"
    if path.startswith("//"):  # a Windows share: //server/folder
        return f"file:{encoded}"
    return f"file://{encoded}" if PurePosixPath(path).is_absolute() else encoded
