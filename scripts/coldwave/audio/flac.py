"""Find where the streams of a FLAC file begin: files may have been joined, and decoders read only the first.

A stream begins with a mark of four bytes. They may also occur in compressed audio, but a whole STREAMINFO block
follows them by chance only once in 2**80 places.
"""

import mmap
from collections.abc import Iterator

_MARK = b"fLaC"
_STREAMINFO = b"\0\0\0\x22"  # type 0, 34 bytes; the first bit marks the last block
_LAST = 0x80


def flac_begins(data: mmap.mmap | bytes) -> Iterator[int]:
    """Yield the byte at which each stream with a STREAMINFO begins.

    The other blocks of metadata are skipped: a picture may hold anything.
    """
    place = data.find(_MARK)
    while place >= 0:
        if _begins_stream(data, place):
            yield place
            place = _after_metadata(data, place)
            place = data.find(_MARK, place)
        else:
            place = data.find(_MARK, place + 1)


def states_length(data: mmap.mmap | bytes, begin: int) -> bool:
    """Return whether the stream at ``begin`` states its length; one that was written to a pipe does not."""
    return bool(data[begin + 21] & 15 or any(data[begin + 22 : begin + 26]))


def length_stated(data: mmap.mmap | bytes, begin: int, frames: int) -> bytes:
    """Return the first bytes of the stream at ``begin``, changed to state its length."""
    head = bytearray(data[begin : begin + 26])
    frames |= (head[21] & 0xF0) << 32
    head[21:26] = frames.to_bytes(5, "big")
    return bytes(head)


def _begins_stream(data: mmap.mmap | bytes, place: int) -> bool:
    """Return whether a valid STREAMINFO follows a mark."""
    block = data[place + 4 : place + 42]
    if len(block) < 38 or bytes([block[0] & ~_LAST]) + block[1:4] != _STREAMINFO:
        return False
    smallest_block, largest_block, smallest_frame, largest_frame = (
        int.from_bytes(block[begin:end], "big") for begin, end in ((4, 6), (6, 8), (8, 11), (11, 14))
    )
    rate = int.from_bytes(block[14:17], "big") >> 4
    bits = (int.from_bytes(block[16:18], "big") >> 4 & 31) + 1
    frames_are_sized = smallest_frame <= largest_frame or 0 in (smallest_frame, largest_frame)
    return 16 <= smallest_block <= largest_block and frames_are_sized and rate > 0 and bits >= 4


def _after_metadata(data: mmap.mmap | bytes, place: int) -> int:
    """Return the byte after the metadata of the stream at ``place``, or the end of the file."""
    place += 4
    while place + 4 <= len(data):
        head = data[place]
        place += 4 + int.from_bytes(data[place + 1 : place + 4], "big")
        if head & _LAST:
            return place
    return len(data)
