"""Digests of the content of audio files, remembered by path, size and time of change.

A touched file is read again; its digest stays the same.
"""

import json
import logging
import os
import stat
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from coldwave.audio.file_check import LARGEST_BYTES
from coldwave.digest import digest_file
from coldwave.files import write_text
from coldwave.progress import track

log = logging.getLogger(__name__)

# A file changed twice within one tick of its file system's clock keeps its time: digests of files this young
# (the coarsest clock in use ticks every two seconds) are not remembered.
SETTLED_NS = 2_000_000_000

SAVE_SECONDS = 60.0


class Digest(NamedTuple):
    """SHA-256 of a file of this size (bytes) and time of change (nanoseconds)."""

    size: int
    mtime_ns: int
    sha256: str


def content_digests(paths: Iterable[str], cache: Path, threads: int = 1) -> dict[str, str | None]:
    """Digest each file's content; None for a file that is not regular, too large for a song, or unreadable.

    The log counts those. Digests are remembered in the folder ``cache``, by absolute path. Two runs may write there
    at the same time (the later one keeps what the earlier one found), and a damaged file is made again.
    """
    remembered_in = cache / "digests.json"
    known = _load(remembered_in)
    digests: dict[str, str | None] = {}
    new: dict[str, Digest] = {}
    to_read: list[str] = []
    for path in dict.fromkeys(paths):
        try:
            found = os.stat(path)  # noqa: PTH116 - a Path for each of 100,000 files takes longer than looking at it
        except (OSError, ValueError):
            digests[path] = None
            continue
        entry = known.get(os.path.abspath(path))  # noqa: PTH100 - as above; links are kept as they are
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST_BYTES:
            digests[path] = None
        elif entry and (entry.size, entry.mtime_ns) == (found.st_size, found.st_mtime_ns):
            digests[path] = entry.sha256
        else:
            to_read.append(path)
    reused = sum(digest is not None for digest in digests.values())
    saved = time.monotonic()
    with ThreadPoolExecutor(max(1, threads)) as pool:
        try:
            for path, digest in zip(to_read, track(pool.map(_read, to_read), "digests", len(to_read)), strict=True):
                digests[path] = digest.sha256 if digest else None
                if digest and time.time_ns() - digest.mtime_ns > SETTLED_NS:
                    new[os.path.abspath(path)] = digest  # noqa: PTH100
                if time.monotonic() - saved > SAVE_SECONDS:
                    _save(remembered_in, new)
                    saved = time.monotonic()
        finally:
            pool.shutdown(cancel_futures=True)
            if new:
                _save(remembered_in, new)
    lost = [path for path, digest in digests.items() if digest is None]
    log.info("audio files: %s, %s of them unchanged since they were last read", f"{len(digests):,}", f"{reused:,}")
    if lost:
        log.warning("%s audio files are missing, too large or cannot be read, such as %s", f"{len(lost):,}", lost[0])
    return digests


def _read(path: str) -> Digest | None:
    try:
        before = os.stat(path)  # noqa: PTH116
        sha256 = digest_file(path)
        after = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
    # Changed while it was read: a time of now keeps the digest from being remembered.
    return Digest(before.st_size, time.time_ns() if changed else before.st_mtime_ns, sha256)


def _load(path: Path) -> dict[str, Digest]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        digests = {name: Digest(*entry) for name, entry in entries.items()}
        if any((*map(type, digest),) != (int, int, str) for digest in digests.values()):
            raise TypeError("an entry is no digest")
        return digests
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("%s: damaged (%s); it is made again", path, error)
        return {}


def _save(path: Path, new: dict[str, Digest]) -> None:
    write_text(path, json.dumps(_load(path) | new))
