"""Inspect Parquet: plays (a file or a folder of files), a songs table or a table of embeddings."""

import dataclasses
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from coldwave.errors import InputError
from coldwave.inspection.embeddings import FEWEST, as_embeddings, column_of_ids
from coldwave.inspection.findings import SHOWN, Inspection
from coldwave.inspection.plays import columns_of_plays, inspect_plays
from coldwave.inspection.songs import columns_of_songs, inspect_songs
from coldwave.plays.suffixes import PARQUET, is_parquet, parquet_files

RENAME = f"its name has to end in {' or '.join(PARQUET)} to be read: rename it"
NO_PART = "its columns are not those of plays, songs or embeddings"


def inspect_parquet(path: Path) -> Inspection:
    """Say what a Parquet file, or a folder of them, holds. ``rows`` are those of all of it.

    Raises
    ------
    InputError
        It is not whole Parquet, or a column is of another type than its name says.
    """
    files = parquet_files(path)
    try:
        schema = pq.read_schema(files[0])
        rows = sum(pq.read_metadata(file).num_rows for file in files)
        preview = list(islice(_rows(files[0], SHOWN), SHOWN))
        known = _known(path, schema, rows, preview) if path.is_dir() or is_parquet(path) else None
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not whole Parquet ({error})") from error
    notes = [NO_PART if path.is_dir() or is_parquet(path) else RENAME]
    return known or Inspection(
        path, "unknown", "a Parquet table", {"rows": rows}, columns=schema.names, preview=preview, notes=notes
    )


def _known(path: Path, schema: pa.Schema, rows: int, preview: list[list[str]]) -> Inspection | None:
    if columns := columns_of_plays(schema.names):
        found = inspect_plays(path, {"format": "table", "table": columns}, schema.names, preview)
        return found and dataclasses.replace(found, counts={"rows": rows} | found.counts)
    if path.is_dir():
        return None
    lists = any(map(_is_list, schema.types))
    if song := column_of_ids(schema.names, list(map(_is_numeric, schema.types)), 1 if lists else FEWEST):
        first = dict(zip(schema.names, preview[0], strict=True)) if preview else {}
        numbers = sum(len(text.split("|")) for name, text in first.items() if name != song)
        return as_embeddings(path, song, {"rows": rows, "numbers a song": numbers}, True, schema.names, preview)
    if songs := columns_of_songs(schema.names):
        return inspect_songs(path, songs, schema.names, _rows(path), {})
    return None


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _is_numeric(kind: pa.DataType) -> bool:
    kind = kind.value_type if _is_list(kind) else kind
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _rows(path: Path, together: int = 1 << 13) -> Iterator[list[str]]:
    """Read a table's rows as text; the items of a list are separated by |."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(together):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield [_text(value) for value in row]


def _text(value: object) -> str:
    return "" if value is None else "|".join(map(str, value)) if isinstance(value, list) else str(value)
