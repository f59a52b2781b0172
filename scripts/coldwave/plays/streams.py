"""Text files of any size, compressed or not, as blocks of whole lines."""

import bz2
import codecs
import gzip
import logging
import lzma
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from coldwave.errors import InputError
from coldwave.progress import duration

log = logging.getLogger(__name__)

BLOCK_BYTES = 1 << 23
HEADER_BYTES = 1 << 16  # of a block, if only the first lines are wanted
LONGEST_LINE = 1 << 26  # bytes; with longer lines, a file is not text with one play per line
_BYTE_ORDER_MARK = codecs.BOM_UTF8
_NOT_TEXT = {
    b"\x1f\x8b": "compressed with gzip: its name has to end in .gz",
    b"\xfd7zXZ\x00": "compressed with xz: its name has to end in .xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: its name has to end in .zst",
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"PAR1": "Parquet: set plays.format: table, and its name has to end in .parquet",
}


def read_chunks(path: Path, size: int = BLOCK_BYTES, every: float = 10.0) -> Iterator[bytes]:
    """Yield a file's content, decompressed by its suffix, in chunks of at most about ``size`` bytes.

    Logs every ``every`` seconds how much of the file is read.

    Raises
    ------
    InputError
        The file is missing, a folder, damaged, or compressed in another way than its suffix says.
    """
    if path.is_dir():
        raise InputError(f"{path}: a folder, where a text file is expected")
    try:
        raw = path.open("rb")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    total, begin, last = max(path.stat().st_size, 1), time.monotonic(), time.monotonic()
    with raw:
        stream, first = _decompressed(raw, path.suffix.lower()), True
        while True:
            try:
                chunk = stream.read(size)
            except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
                raise InputError(
                    f"{path}: cannot be read beyond byte {raw.tell():,} of {total:,} ({error}); "
                    "the file is not whole or not what its suffix says"
                ) from error
            if not chunk:
                return
            if first:
                _refuse_other_content(path, chunk)
                first = False
            yield chunk
            now = time.monotonic()
            if now - last >= every:
                last, done = now, max(raw.tell(), 1)
                left = duration((now - begin) / done * (total - done))
                log.info("%s: %.0f %% read, %s left", path.name, 100 * done / total, left)


def _decompressed(raw: BinaryIO, suffix: str) -> Any:
    if suffix == ".gz":
        return gzip.GzipFile(fileobj=raw)
    if suffix == ".bz2":
        return bz2.BZ2File(raw)
    if suffix == ".xz":
        return lzma.LZMAFile(raw)
    if suffix == ".zst":
        import pyarrow as pa  # slow to import, and the workflow looks at headers each time that it is parsed

        return pa.CompressedInputStream(raw, "zstd")
    return raw


def _refuse_other_content(path: Path, chunk: bytes) -> None:
    bzip2 = {b"BZh": "compressed with bzip2: its name has to end in .bz2"} if chunk[4:10] == b"1AY&SY" else {}
    for magic, what in (_NOT_TEXT | bzip2).items():
        if chunk.startswith(magic):
            raise InputError(f"{path}: it is {what}")


def wide_encoding(path: Path) -> str | None:
    """Name the encoding of two or four bytes per character that a file's byte order mark stands for, if it has one."""
    with path.open("rb") as raw:
        try:
            head = _decompressed(raw, path.suffix.lower()).read(4)
        except (OSError, EOFError, zlib.error, lzma.LZMAError):
            return None
    if head in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        return "utf-32"
    return "utf-16" if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else None


def check_encoding(encoding: str, key: str) -> None:
    """Refuse a text encoding that Python does not know.

    Raises
    ------
    InputError
        The encoding is unknown; the message names ``key``, its setting.
    """
    try:
        "a".encode(encoding)
    except LookupError as error:
        raise InputError(
            f"{key}: {encoding!r} is not a text encoding; common ones are utf-8, latin-1, cp1252"
        ) from error


def read_blocks(path: Path, encoding: str = "utf-8", block_bytes: int = BLOCK_BYTES) -> Iterator[tuple[bytes, str]]:
    r"""Yield (block, encoding): blocks of whole lines that end in ``\n`` (the last line of a file may lack it).

    A byte order mark is removed. In an encoding where a line feed may be part of another character (UTF-16), the text
    is turned into UTF-8. In any other the bytes stay as they are, so that a wrong one spoils only its line.

    Raises
    ------
    InputError
        As ``read_chunks``; or a line does not end, or the text is not valid in an encoding such as UTF-16.
    """
    chunks: Iterable[bytes] = read_chunks(path, block_bytes)
    if not _has_plain_lines(encoding):
        chunks, encoding = _to_utf8(chunks, path, encoding), "utf-8"
    elif codecs.lookup(encoding).name == "utf-8-sig":
        encoding = "utf-8"  # or Python would take a mark off wherever a block begins
    first = True
    for block in _whole_lines(chunks, path):
        if first and codecs.lookup(encoding).name == "utf-8":
            block = block.removeprefix(_BYTE_ORDER_MARK)
        first = False
        if block:
            yield block, encoding


def stream_blocks(stream: BinaryIO, name: str, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield blocks of whole lines of an unpacked stream, as ``read_blocks`` does of a file in UTF-8."""
    for number, block in enumerate(_whole_lines(iter(lambda: stream.read(block_bytes), b""), name)):
        if block := block if number else block.removeprefix(_BYTE_ORDER_MARK):
            yield block


def _has_plain_lines(encoding: str) -> bool:
    ascii_bytes = bytes(range(128))
    try:
        return ascii_bytes.decode(encoding) == ascii_bytes.decode("ascii")
    except UnicodeDecodeError:
        return False


def _to_utf8(chunks: Iterable[bytes], path: Path, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise InputError(f"{path}: not valid {encoding} ({error}); see plays.table.encoding") from error


def _whole_lines(chunks: Iterable[bytes], path: Path | str) -> Iterator[bytes]:
    begun: list[bytes] = []  # parts of a line whose end has not come yet
    length = 0
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if cut:
            yield b"".join((*begun, memoryview(chunk)[:cut]))
            begun, length = [], 0
        begun.append(chunk[cut:])
        length += len(chunk) - cut
        if length > LONGEST_LINE:
            raise InputError(f"{path}: no end of line within {length:,} bytes: not a text file with one play a line")
    if length:
        yield b"".join(begun)
