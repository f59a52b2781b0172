"""Check that a path leads to a file that may hold a song, without opening it: a pipe would wait for ever."""

import os
import stat
from pathlib import Path

from coldwave.audio.status import AudioError

# Twenty hours of mp3, or three of compact disc: a larger file is no song, and slow to digest and to search.
LARGEST_BYTES = 2 * 2**30


def check_file(path: str | Path) -> None:
    """Check that there is a regular file, neither empty nor too large.

    Raises
    ------
    AudioError
        missing, not_a_file, empty, too_large or unreadable.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - takes a str as it is
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise AudioError("missing", "no such file") from error
    except OSError as error:
        raise AudioError("unreadable", f"{error.strerror or error}") from error
    if not stat.S_ISREG(found.st_mode):
        raise AudioError("not_a_file", "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file")
    if found.st_size == 0:
        raise AudioError("empty", "the file has no bytes")
    if found.st_size > LARGEST_BYTES:
        raise AudioError("too_large", f"{found.st_size / 2**30:.1f} GiB, and {LARGEST_BYTES / 2**30:g} are the limit")
    if not os.access(path, os.R_OK):
        raise AudioError("unreadable", "permission denied")
