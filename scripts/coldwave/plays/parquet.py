"""Plays in Parquet: a file, or a folder of files, read a part of a row group at a time."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from coldwave.errors import InputError
from coldwave.plays.batches import BLANKS, EMPTY_SONG, EMPTY_USER, Batch
from coldwave.plays.columns import find_column
from coldwave.plays.counts import check_counts, numbers_of
from coldwave.plays.rejections import TEXT_LENGTH
from coldwave.plays.tables import REJECTED
from coldwave.progress import track

BATCH_ROWS = 1 << 19


def is_parquet(path: Path) -> bool:
    """Tell whether a path is read as Parquet: by its suffix, or as a folder."""
    return path.suffix.lower() in (".parquet", ".pq") or path.is_dir()


def parquet_files(path: Path) -> list[Path]:
    """List the Parquet files of a folder and its subfolders, sorted, hidden ones left out; or give the one file.

    Raises
    ------
    InputError
        There is none.
    """
    if not path.is_dir():
        return [path]
    files = sorted(
        file
        for file in path.rglob("*.parquet")
        if file.is_file() and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
    )
    if not files:
        raise InputError(f"{path}: no .parquet file in this folder (plays.path)")
    return files


def read_parquet_plays(path: Path, table: Mapping[str, Any], batch_rows: int = BATCH_ROWS) -> Iterator[Batch]:
    """Read the columns that ``plays.table`` names from Parquet; a line is a row of its file, counted from 1.

    Ids are text or whole numbers, counts numbers or text.

    Raises
    ------
    InputError
        A file is missing or not whole Parquet, or lacks a column, or a column is of another type.
    """
    files = parquet_files(path)
    if len(files) == 1:
        yield from _read_file(files[0], table, batch_rows, follow=True)
    else:
        for file in track(files, f"{path}, files read"):
            yield from _read_file(file, table, batch_rows, follow=False)


def _read_file(path: Path, table: Mapping[str, Any], batch_rows: int, follow: bool) -> Iterator[Batch]:
    first_row = 1
    try:
        with pq.ParquetFile(path) as file:
            columns = _columns(file.schema_arrow, table, path)
            groups = range(file.num_row_groups)
            for group in track(groups, f"{path}, row groups read") if follow else groups:
                for rows in file.iter_batches(batch_rows, [group], list(columns.values())):
                    part = pl.DataFrame({name: pl.Series(rows.column(column)) for name, column in columns.items()})
                    yield _checked(part, first_row, str(path))
                    first_row += part.height
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file (plays.path)") from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a whole Parquet file ({error}) (plays.path)") from error


def _columns(schema: pa.Schema, table: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Map user_id, song_id and count to the names of their columns, whose types are checked."""
    wanted = {"user": table.get("user", "user"), "song": table.get("song", "song"), "count": table.get("count")}
    columns = {}
    for name, column in wanted.items():
        if column is None:
            continue
        key = f"plays.table.{name}"
        field = schema.field(find_column(column, schema.names, key, path))
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
        number = pa.types.is_integer(kind) or (
            name == "count" and (pa.types.is_floating(kind) or pa.types.is_decimal(kind))
        )
        if not (text or number):
            raise InputError(f"{key}: column {field.name!r} of {path} holds {field.type}, not text or whole numbers")
        columns[{"user": "user_id", "song": "song_id"}.get(name, name)] = field.name
    if len(set(columns.values())) < len(columns):
        raise InputError(f"plays.table: user, song and count must be different columns, not {wanted}")
    return columns


def _checked(part: pl.DataFrame, first_row: int, source: str) -> Batch:
    """Check rows (user_id, song_id and perhaps count, of any accepted type)."""
    text = part.select(
        pl.int_range(first_row, first_row + pl.len(), dtype=pl.UInt64).alias("line"),
        pl.concat_str(pl.all().cast(pl.String).fill_null(""), separator="\t").alias("text"),
    )
    part = part.with_columns(pl.col("user_id", "song_id").cast(pl.String).fill_null("").str.strip_chars(BLANKS))
    if "count" not in part.columns:
        number = pl.repeat(1.0, part.height, dtype=pl.Float64, eager=True)
    elif part["count"].dtype.is_numeric():
        number = part["count"].cast(pl.Float64)
    else:
        number = numbers_of(part["count"].cast(pl.String).str.strip_chars(BLANKS))
    counts, wrong_count = check_counts(number)
    reason = (
        pl.when(pl.col("user_id") == "")
        .then(pl.lit(EMPTY_USER))
        .when(pl.col("song_id") == "")
        .then(pl.lit(EMPTY_SONG))
        .otherwise(pl.col("wrong_count"))
    )
    rows = pl.concat([part.select("user_id", "song_id"), text], how="horizontal")
    rows = rows.with_columns(counts.alias("count"), wrong_count.alias("wrong_count"))
    rows = rows.with_columns(reason.alias("reason"))
    good = pl.col("reason").is_null()
    rejected = rows.filter(~good).select(
        pl.lit(source).alias("source"), "line", "reason", pl.col("text").str.slice(0, TEXT_LENGTH)
    )
    plays = rows.filter(good).select("user_id", "song_id", "count")
    return Batch(source, part.height, 0, plays, rejected.cast(REJECTED))
