"""Read a TensorFlow checkpoint (a tensor bundle) without TensorFlow.

A bundle is an index and raw arrays. The index is a table in LevelDB's format, sorted by the arrays' names: its values
are protocol buffers that say where in the data each array is.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from coldwave.errors import InputError

FOOTER, MAGIC = 48, 0xDB4775248B80FB57
TRAILER = 5  # bytes after a block: whether it is compressed, and a checksum
DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8"}  # TensorFlow's numbers of types; others are left out
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # how a field of a protocol buffer is written


def read_bundle(index: Path, data: Path) -> dict[str, np.ndarray]:
    """Read all arrays of a checkpoint of one data file, by name.

    Parameters
    ----------
    index : the file ``.index``; data : the file ``.data-00000-of-00001``

    Raises
    ------
    InputError
        A file cannot be read, or is not a whole bundle.
    """
    try:
        table, values = index.read_bytes(), data.read_bytes()
        return {
            name.decode(): array
            for name, entry in table_entries(table)
            if name and (array := _array(entry, values)) is not None  # the header has no name
        }
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}; install the weights again") from error
    except (ValueError, IndexError, KeyError, struct.error) as error:
        raise InputError(f"{index}: not a whole TensorFlow checkpoint ({error}); install the weights again") from error


def table_entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a table in LevelDB's format, in order.

    Raises
    ------
    ValueError, IndexError
        The bytes are no such table, or its blocks are compressed.
    """
    if len(table) < FOOTER or struct.unpack("<Q", table[-8:])[0] != MAGIC:
        raise ValueError("it does not end as a table does")
    footer = table[-FOOTER:]
    _, place = _handle(footer, 0)  # of the index of metadata, which a bundle does not have
    blocks, _ = _handle(footer, place)
    for _, handle in _block(table, *blocks):
        yield from _block(table, *_handle(handle, 0)[0])


def _handle(data: bytes, place: int) -> tuple[tuple[int, int], int]:
    """Read where a block begins and its length, and where reading goes on."""
    begin, place = _varint(data, place)
    size, place = _varint(data, place)
    return (begin, size), place


def _block(table: bytes, begin: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a block. A key leaves out what it shares with the one before it."""
    block, trailer = table[begin : begin + size], table[begin + size : begin + size + TRAILER]
    if len(trailer) < TRAILER or trailer[0]:
        raise ValueError("a block is cut short" if len(trailer) < TRAILER else "a block is compressed")
    (restarts,) = struct.unpack("<I", block[-4:])
    place, end, key = 0, size - 4 - 4 * restarts, b""
    while place < end:
        shared, place = _varint(block, place)
        own, place = _varint(block, place)
        length, place = _varint(block, place)
        key = key[:shared] + block[place : place + own]
        place += own + length
        yield key, block[place - length : place]


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """Read a whole number, seven bits a byte and the lowest first, and where reading goes on."""
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the numbers and values of a protocol buffer's fields."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, place = _varint(message, place)
            yield number, value
            continue
        if kind == BYTES:
            length, place = _varint(message, place)
        else:
            length = {FIXED64: 8, FIXED32: 4}[kind]
        yield number, message[place : place + length]
        place += length


def _array(entry: bytes, data: bytes) -> np.ndarray | None:
    """Read the array that an entry of the index describes; None if it does not hold numbers of a known type."""
    found: dict[int, int | bytes] = {1: 0, 2: b"", 3: 0, 4: 0, 5: 0} | dict(_fields(entry))
    kind, shape, shard, begin, size = (found[number] for number in range(1, 6))
    if kind not in DTYPES:
        return None
    if shard:
        raise ValueError("its arrays are in several files")
    lengths = [dict(_fields(dimension)).get(1, 0) for number, dimension in _fields(shape) if number == 2]
    return np.frombuffer(data[begin : begin + size], DTYPES[kind]).reshape(lengths).copy()
