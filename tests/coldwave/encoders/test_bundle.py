"""A checkpoint of TensorFlow's, written here byte by byte, as its format says."""

import struct

import numpy as np
import pytest

from coldwave.encoders.bundle import read_bundle, table_entries
from coldwave.errors import InputError

MAGIC = 0xDB4775248B80FB57


def _varint(value: int) -> bytes:
    low = []
    while value > 127:
        low.append(value & 127 | 128)
        value >>= 7
    return bytes([*low, value])


def _block(entries: list[tuple[bytes, bytes]], compressed: int = 0) -> bytes:
    """Write a block; each key but the first, where it restarts, leaves out what it shares with the one before."""
    block, before = b"", b""
    for key, value in entries:
        shared = next((i for i, (a, b) in enumerate(zip(key, before, strict=False)) if a != b), len(before))
        shared = min(shared, len(key))
        block += _varint(shared) + _varint(len(key) - shared) + _varint(len(value)) + key[shared:] + value
        before = key
    return block + struct.pack("<II", 0, 1) + bytes([compressed]) + b"\0\0\0\0"


def _table(blocks: list[bytes], last_keys: list[bytes]) -> bytes:
    table, handles = b"", []
    for block in blocks:
        handles.append(_varint(len(table)) + _varint(len(block) - 5))
        table += block
    index = _block(list(zip(last_keys, handles, strict=True)))
    footer = b"\0\0" + _varint(len(table)) + _varint(len(index) - 5)
    return table + index + footer.ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def _entry(dtype: int, shape: tuple[int, ...], begin: int, size: int, shard: int = 0) -> bytes:
    dims = b"".join(b"\x12" + bytes([len(_varint(n)) + 1]) + b"\x08" + _varint(n) for n in shape)
    entry = b"\x08" + _varint(dtype) + b"\x12" + _varint(len(dims)) + dims
    entry += b"\x18" + _varint(shard) if shard else b""
    entry += b"\x20" + _varint(begin) if begin else b""  # zeros are left out
    return entry + b"\x28" + _varint(size) + b"\x35" + b"\1\2\3\4"


def _write(folder, entries, data, **changes):
    half = len(entries) // 2
    blocks = [_block(part, **changes) for part in (entries[:half], entries[half:])]
    keys = [entries[half - 1][0], entries[-1][0]]
    (folder / "x.index").write_bytes(_table(blocks, keys))
    (folder / "x.data").write_bytes(data)
    return folder / "x.index", folder / "x.data"


@pytest.fixture
def written():
    rng = np.random.default_rng(0)
    arrays = {
        "conv2d/bias": rng.standard_normal(300).astype(np.float32),
        "conv2d/kernel": rng.standard_normal((3, 1, 2, 4)).astype(np.float32),
        "conv2d_1/bias": rng.standard_normal(2),
        "global_step": np.array(12345, np.int64),
        "steps": np.arange(5, dtype=np.int32),
    }
    codes = {"f4": 1, "f8": 2, "i4": 3, "i8": 9}
    data, entries = b"", [(b"", b"\x08\x01")]
    for name, array in arrays.items():
        raw = array.tobytes()
        entries.append((name.encode(), _entry(codes[array.dtype.str[1:]], array.shape, len(data), len(raw))))
        data += raw
    return arrays, entries, data


def test_arrays_come_back(tmp_path, written):
    arrays, entries, data = written
    found = read_bundle(*_write(tmp_path, entries, data))
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_arrays_of_other_types_are_left_out(tmp_path, written):
    arrays, entries, data = written
    entries.append((b"text", _entry(7, (1,), 0, 4)))
    assert read_bundle(*_write(tmp_path, entries, data)).keys() == arrays.keys()


def test_files_that_are_cut_short_are_refused(tmp_path, written):
    _, entries, data = written
    index, values = _write(tmp_path, entries, data)
    whole = index.read_bytes()
    for part in (whole[:-1], whole[:20], b"", whole[60:]):
        index.write_bytes(part)
        with pytest.raises(InputError, match="not a whole TensorFlow checkpoint"):
            read_bundle(index, values)
    index.write_bytes(whole)
    values.write_bytes(data[:-3])
    with pytest.raises(InputError, match="not a whole TensorFlow checkpoint"):
        read_bundle(index, values)
    values.unlink()
    with pytest.raises(InputError, match="No such file"):
        read_bundle(index, values)


def test_what_is_not_read_is_refused(tmp_path, written):
    _, entries, data = written
    with pytest.raises(InputError, match="compressed"):
        read_bundle(*_write(tmp_path, entries, data, compressed=1))
    with pytest.raises(InputError, match="several files"):
        read_bundle(*_write(tmp_path, [*entries, (b"w", _entry(1, (1,), 0, 4, shard=1))], data))


def test_keys_share_their_beginnings():
    entries = [(b"abc", b"1"), (b"abcd", b""), (b"abd", b"x" * 200), (b"b", b"2")]
    assert list(table_entries(_table([_block(entries)], [b"b"]))) == entries
