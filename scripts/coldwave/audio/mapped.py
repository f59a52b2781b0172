"""Map a file's bytes into memory, and read parts of them as a file."""

import io
import mmap
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def mapped(path: str) -> Iterator[mmap.mmap]:
    """Map a file, read-only. Raises OSError, or ValueError for an empty file."""
    with (
        open(path, "rb") as file,  # noqa: PTH123 - takes a str as it is
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        yield data


class Part(io.RawIOBase):
    """A file of the bytes ``before`` and then those of a mapped file from ``begin`` to ``end``."""

    def __init__(self, data: mmap.mmap, begin: int, end: int, before: bytes = b"") -> None:
        super().__init__()
        self._data, self._begin, self._before = data, begin, before
        self._size = len(before) + end - begin
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, as in any file."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer as far as there are bytes, and return their number."""
        view = memoryview(buffer).cast("B")
        own = self._before[self._position : self._position + len(view)]
        begin = self._begin + max(0, self._position - len(self._before))
        last = self._begin + self._size - len(self._before)
        block = own + self._data[begin : min(last, begin + len(view) - len(own))]
        view[: len(block)] = block
        self._position += len(block)
        return len(block)
