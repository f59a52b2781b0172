"""Compressed and damaged files."""

import bz2
import gzip
import lzma

import pyarrow as pa
import pytest

from coldwave.errors import InputError
from coldwave.plays import streams

TEXT = b"".join(b"u%d\ts%d\t%d\n" % (n, n % 7, n + 1) for n in range(2000))


def zstd(data: bytes) -> bytes:
    return pa.Codec("zstd").compress(data, asbytes=True)


PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd}


@pytest.mark.parametrize("suffix", PACKERS)
def test_compressed_by_suffix(tmp_path, suffix):
    path = tmp_path / f"triplets.txt{suffix.upper() if suffix == '.gz' else suffix}"
    half = len(TEXT) // 2  # two members after each other, as parallel compressors write them
    path.write_bytes(PACKERS[suffix](TEXT[:half]) + PACKERS[suffix](TEXT[half:]))
    blocks = list(streams.read_blocks(path, block_bytes=1000))
    assert len(blocks) > 10
    assert b"".join(block for block, _ in blocks) == TEXT
    assert all(block.endswith(b"\n") for block, _ in blocks)


@pytest.mark.parametrize("suffix", PACKERS)
def test_damaged(tmp_path, suffix):
    path = tmp_path / f"triplets.txt{suffix}"
    for content in (PACKERS[suffix](TEXT)[:-9], TEXT):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"triplets\.txt.*cannot be read beyond byte"):
            list(streams.read_blocks(path))


@pytest.mark.parametrize("suffix", PACKERS)
def test_compressed_but_not_named_so(tmp_path, suffix):
    path = tmp_path / "triplets.txt"
    path.write_bytes(PACKERS[suffix](TEXT))
    with pytest.raises(InputError, match=rf"triplets\.txt: it is compressed.*\{suffix}"):
        list(streams.read_blocks(path))


def test_endless_line(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "LONGEST_LINE", 100)
    path = tmp_path / "triplets.txt"
    path.write_bytes(b"u\ts\t1\r" * 100)
    with pytest.raises(InputError, match=r"triplets\.txt: no end of line"):
        list(streams.read_blocks(path, block_bytes=10))


def test_missing_and_folder(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        list(streams.read_blocks(tmp_path / "none"))
    with pytest.raises(InputError, match="a folder"):
        list(streams.read_blocks(tmp_path))
