"""Plays in Parquet: a file, or a folder of files, read a part of a row group at a time.

A repeated text may be stored only once, so a small file can expand to terabytes of text. So texts stay encoded, as
numbers of a dictionary's values: each value is processed once, and no row has a copy of its own.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from coldwave.errors import InputError
from coldwave.plays.batches import EMPTY_SONG, EMPTY_USER, ME, Batch
from coldwave.plays.columns import BLANKS
from coldwave.plays.counts import check_counts, numbers_of
from coldwave.plays.encoded import Encoded
from coldwave.plays.layout import find_in_names
from coldwave.plays.rejections import TEXT_LENGTH, refuse_flood
from coldwave.plays.suffixes import parquet_files
from coldwave.plays.tables import REJECTED
from coldwave.plays.times import NOT_A_TIME, seconds_of
from coldwave.progress import track

BATCH_ROWS = 1 << 19
BATCH_BYTES = 1 << 28  # of values in memory together, if those of a row group are about equally long
LONGEST_ID = 1 << 16  # bytes; a longer text is no id, and comparing it row by row would take hours
LONG_USER = "user id is too long"
LONG_SONG = "song id is too long"


def read_parquet_plays(path: Path, table: Mapping[str, Any], batch_rows: int = BATCH_ROWS) -> Iterator[Batch]:
    """Read the columns that ``plays.table`` names from Parquet; a line is a row of its file, counted from 1.

    Ids are text of at most ``LONGEST_ID`` bytes or whole numbers, counts numbers or text.

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
        columns = _columns(pq.read_schema(path), table, path)
        with pq.ParquetFile(path, read_dictionary=list(columns.values())) as file:
            groups = range(file.num_row_groups)
            for group in track(groups, f"{path}, row groups read") if follow else groups:
                most = _rows_in_memory(file.metadata.row_group(group), set(columns.values()))
                for rows in file.iter_batches(min(most, batch_rows), [group], list(columns.values())):
                    part = {name: Encoded.of(rows.column(column)) for name, column in columns.items()}
                    yield _checked(part, first_row, str(path))
                    first_row += rows.num_rows
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file (plays.path)") from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a whole Parquet file ({error}) (plays.path)") from error


def _rows_in_memory(group: pq.RowGroupMetaData, names: set[str]) -> int:
    """How many rows of a row group fill the memory of a batch, by the mean size that the group states."""
    columns = [group.column(place) for place in range(group.num_columns)]
    size = max((column.total_uncompressed_size for column in columns if column.path_in_schema in names), default=0)
    return max(1, BATCH_BYTES * group.num_rows // max(1, size))


def _columns(schema: pa.Schema, table: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Map user_id, song_id, count and time to the names of their columns, and check the columns' types."""
    columns = {}
    for name, place in find_in_names(schema.names, table, path).items():
        field = schema.field(place)
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
        number = pa.types.is_integer(kind) or (
            name in ("count", "time") and (pa.types.is_floating(kind) or pa.types.is_decimal(kind))
        )
        time = name == "time" and (pa.types.is_timestamp(kind) or pa.types.is_date(kind))
        if not (text or number or time):
            wanted = "dates, text or numbers" if name == "time" else "text or whole numbers"
            raise InputError(f"plays.table.{name}: column {field.name!r} of {path} holds {field.type}, not {wanted}")
        columns[{"user": "user_id", "song": "song_id"}.get(name, name)] = field.name
    return columns


def _checked(part: Mapping[str, Encoded], first_row: int, source: str) -> Batch:
    """Check columns (user_id, song_id and perhaps count and time, of any accepted type)."""
    song, long_song = _ids(part["song_id"], source)
    height = song.height()
    if "user_id" in part:
        user, long_user = _ids(part["user_id"], source)
    else:
        user, long_user = Encoded.same(ME, height), Encoded.same(False, height)
    if "count" in part:
        number = part["count"].spread(_numbers(part["count"].values))
    else:
        number = pl.repeat(1.0, height, dtype=pl.Float64, eager=True)
    count, wrong = check_counts(number)
    time = None
    if "time" in part:
        time = part["time"].spread(seconds_of(part["time"].values))
        no_time = pl.select(pl.when(time.is_null()).then(pl.lit(NOT_A_TIME))).to_series()
        wrong = pl.select(pl.coalesce(wrong, no_time)).to_series()
    told = {"user_id": user, "song_id": song, "user_id_is_long": long_user, "song_id_is_long": long_song}
    rows = pl.DataFrame({name: column.rows() for name, column in told.items()} | {"wrong": wrong})
    reason = rows.select(_reason()).to_series()
    bad = reason.is_not_null()
    shown = [column.filter(bad).rows().cast(pl.String).str.slice(0, TEXT_LENGTH) for column in part.values()]
    rejected = pl.select(
        pl.lit(source).alias("source"),
        pl.int_range(first_row, first_row + height, dtype=pl.UInt64, eager=True).filter(bad).alias("line"),
        reason.filter(bad).alias("reason"),
        pl.concat_str([text.fill_null("") for text in shown], separator="\t").str.slice(0, TEXT_LENGTH).alias("text"),
    )
    return Batch(source, height, 0, user, song, count, time, rejected.cast(REJECTED)).filter(~bad)


def _ids(column: Encoded, source: str) -> tuple[Encoded, Encoded]:
    """Return ids as text without blanks, and whether each is too long to be one."""
    ids = column._replace(values=column.values.cast(pl.String).str.strip_chars(BLANKS))
    sizes = ids.values.str.len_bytes()
    too_long = sizes > LONGEST_ID
    refuse_flood(source, int(too_long.sum() or 0), int(sizes.filter(too_long).sum() or 0))
    return ids, column._replace(values=too_long)


def _numbers(values: pl.Series) -> pl.Series:
    """Counts as 64-bit floats, null where there is no number."""
    if values.dtype.is_numeric():
        return values.cast(pl.Float64)
    return numbers_of(values.cast(pl.String).str.strip_chars(BLANKS))


def _reason() -> pl.Expr:
    """The first reason why a row is no play; null if it is one."""
    return (
        pl.when(pl.col("user_id").fill_null("") == "")
        .then(pl.lit(EMPTY_USER))
        .when(pl.col("song_id").fill_null("") == "")
        .then(pl.lit(EMPTY_SONG))
        .when("user_id_is_long")
        .then(pl.lit(LONG_USER))
        .when("song_id_is_long")
        .then(pl.lit(LONG_SONG))
        .otherwise(pl.col("wrong"))
        .alias("reason")
    )
