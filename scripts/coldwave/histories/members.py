"""The files that a history is made of: itself, or those of a folder, a zip or a tar; unpacked by content, not name."""

import bz2
import gzip
import io
import logging
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from coldwave.errors import InputError

log = logging.getLogger(__name__)

HEAD_BYTES = 1 << 16  # by which a format knows its files
_CHUNK_BYTES = 1 << 20
_DAMAGE = (OSError, EOFError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)


@dataclass(frozen=True)
class Member:
    """One file: what to call it, its first bytes, all of it, and its path where it is a file of its own.

    ``stream`` is good until the next member is asked for. ``damage`` says why the file cannot be read. The member after
    one that is ``streamed`` is reached only by reading this one.
    """

    name: str
    head: bytes
    stream: BinaryIO
    path: Path | None = None
    damage: InputError | None = None
    streamed: bool = False


def members(path: Path) -> Iterator[Member]:
    """Yield the files of a history; those nearer to the top of a folder or zip first, hidden ones left out.

    gzip, bzip2, xz and zstd are unpacked, tar is read as a stream. Archives within folders or archives are not opened.

    Raises
    ------
    InputError
        There is no such path, or its beginning is damaged.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.is_dir():
        for file in _files(path):
            with _damage(str(file)), file.open("rb") as raw:
                yield _member(str(file), raw, file)
        return
    with _damage(str(path)), path.open("rb") as raw:
        start = raw.read(4)
        raw.seek(0)
        if start in (b"PK\x03\x04", b"PK\x05\x06"):
            yield from _zipped(raw, path)
            return
        first = _member(str(path), raw, path)
        if first.damage:
            raise first.damage
        if first.head[257:262] != b"ustar":
            yield first
            return
        with tarfile.open(fileobj=first.stream, mode="r|", bufsize=_CHUNK_BYTES) as archive:
            for entry in archive:
                if entry.isfile():
                    yield replace(_member(f"{path}: {entry.name}", archive.extractfile(entry)), streamed=True)


def log_left_out(path: Path, names: Iterable[str], words: str) -> None:
    """Log which files of a history were not read, as they hold something else."""
    names = list(names)
    if names:
        shown = ", ".join(name.removeprefix(f"{path}: ").removeprefix(f"{path}/") for name in names[:5])
        more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
        log.info("%s: not read, as they do not hold %s: %s%s", path, words, shown, more)


def _files(folder: Path) -> list[Path]:
    found = []
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(here, name) for name in names if not name.startswith(".")]
    return sorted((file for file in found if file.is_file()), key=lambda file: (len(file.parts), file))


def _zipped(raw: BinaryIO, path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(raw) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        for entry in sorted(entries, key=lambda entry: (entry.filename.count("/"), entry.filename)):
            name = f"{path}: {entry.filename}"
            try:
                file = archive.open(entry)
            except _DAMAGE as error:  # encrypted, or packed in a way that Python does not know
                yield Member(name, b"", io.BytesIO(), damage=_said(name, error))
                continue
            with file:
                yield _member(name, file)


def _member(name: str, raw: Any, path: Path | None = None) -> Member:
    try:
        start = raw.read(6)
        stream = _unpacked(start, io.BufferedReader(_Joined(name, start, raw), _CHUNK_BYTES))
        head = b""
        while len(head) < HEAD_BYTES and (more := stream.read(HEAD_BYTES - len(head))):
            head += more
    except InputError as error:
        return Member(name, b"", io.BytesIO(), path, error)
    except _DAMAGE as error:
        return Member(name, b"", io.BytesIO(), path, _said(name, error))
    return Member(name, head, io.BufferedReader(_Joined(name, head, stream), _CHUNK_BYTES), path)


def _unpacked(start: bytes, stream: BinaryIO) -> Any:
    if start.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=stream)
    if start.startswith(b"BZh"):
        return bz2.BZ2File(stream)
    if start.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMAFile(stream)
    if start.startswith(b"\x28\xb5\x2f\xfd"):
        import pyarrow as pa  # slow to import

        return pa.CompressedInputStream(stream, "zstd")
    return stream


class _Joined(io.RawIOBase):
    """The bytes read already, and the rest; damage becomes an InputError that names the file."""

    def __init__(self, name: str, start: bytes, rest: Any) -> None:
        self._name, self._start, self._rest = name, start, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _damage(self._name):
            data = self._start[: len(buffer)] or self._rest.read(len(buffer))
        self._start = self._start[len(data) :]
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def _damage(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise _said(name, error) from error


def _said(name: str, error: BaseException) -> InputError:
    return InputError(f"{name}: cannot be read ({error}); the file is not whole, or not readable: export it again")
