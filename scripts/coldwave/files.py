"""Files that the rules exchange: written whole or not at all, checked when read.

Every write goes to a temporary name in the same folder and is renamed into place, so that a reader never
sees half a file and a kill leaves the old one.
"""

import glob
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl

from coldwave.errors import InputError

FULL = 1 << 16  # bytes: a write that fails with less free space than this has filled the disk
Schema = Mapping[str, pl.DataType | type[pl.DataType]]


@contextmanager
def replacing(path: str | Path, flush: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside ``path``. It is renamed to ``path`` if the block succeeds, and removed if not.

    With ``flush``, the file is on the disk before it is renamed; one who writes hundreds may flush them at the end.

    Raises
    ------
    InputError
        The disk is full.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        yield temporary
        if flush:
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
        temporary.replace(path)
    except Exception as error:
        if _disk_is_full(path.parent, error):
            raise InputError(f"{path}: the disk is full ({error}); free some space and run again") from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _disk_is_full(folder: Path, error: Exception) -> bool:
    """Whether a write failed because the disk is full: not every library says so in its error."""
    return "No space left" in str(error) or shutil.disk_usage(folder).free < FULL


def remove_leftovers(path: str | Path) -> None:
    """Remove the temporary files that killed writers of ``path`` left beside it. No process may be writing it."""
    path = Path(path)
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        leftover.unlink(missing_ok=True)


def write_array(path: str | Path, array: np.ndarray) -> None:
    """Write one NPY file."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def write_header(file: BinaryIO, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Write the header of an NPY file; NumPy pads it, so that its size does not depend on the number of rows."""
    np.lib.format.write_array_header_1_0(file, {"descr": dtype.str, "fortran_order": False, "shape": shape})


def write_rows(path: str | Path, shape: tuple[int, int], parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> None:
    """Write one NPY file of float32 some rows at a time, as the whole may not fit memory.

    Each of ``parts`` has the numbers of its rows, int [n], and their values, [n, shape[1]]. Rows of no part are NaN.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        write_header(file, shape, np.dtype("<f4"))
        begin, size, missing = file.tell(), 4 * shape[1], np.ones(shape[0], bool)

        def write(rows: np.ndarray, values: Iterable[np.ndarray]) -> None:
            for row, value in zip(rows.tolist(), values, strict=True):
                file.seek(begin + row * size)
                file.write(value.tobytes())

        for rows, values in parts:
            write(rows, values.astype("<f4", copy=False))
            missing[rows] = False
        write(np.flatnonzero(missing), repeat(np.full(shape[1], np.nan, "<f4"), int(missing.sum())))


def read_array(path: str | Path, memory_map: bool = False) -> np.ndarray:
    """Read one NPY file, or map it.

    Raises
    ------
    InputError
        The file is missing, truncated or not an NPY file.
    """
    try:
        return np.load(path, mmap_mode="r" if memory_map else None, allow_pickle=False)
    except (OSError, ValueError, EOFError, OverflowError) as error:
        raise InputError(f"{path}: not a whole NPY file ({error}); delete it and run again") from error


def check_table(frame: pl.DataFrame, schema: Schema, name: str) -> None:
    """Check that a table has exactly the columns of ``schema``, in its order and with its types."""
    wanted, found = list(pl.Schema(schema).items()), list(frame.schema.items())
    if wanted != found:
        raise ValueError(f"{name}: columns are {found}, not {wanted}")


def write_table(path: str | Path, frame: pl.DataFrame, schema: Schema) -> None:
    """Check a table against its schema and write it as Parquet."""
    check_table(frame, schema, str(path))
    with replacing(path) as temporary:
        frame.write_parquet(temporary)


def read_table(path: str | Path, columns: list[str] | None = None) -> pl.DataFrame:
    """Read a Parquet table, or some of its columns.

    Raises
    ------
    InputError
        The file is missing, truncated, not Parquet, or lacks a column.
    """
    with expecting_table(path):
        return pl.read_parquet(path, columns=columns, glob=False)


@contextmanager
def expecting_table(path: str | Path) -> Iterator[None]:
    """Turn an error of reading a Parquet table in the block into a message that says what to do.

    Raises
    ------
    InputError
        The file is missing, truncated, not Parquet, or lacks a column.
    """
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path}: not the whole Parquet table expected ({error}); delete it and run again") from error


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text file."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
