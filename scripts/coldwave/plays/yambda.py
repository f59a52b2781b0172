"""Plays in the flat layout of Yambda: Parquet, a row for each listen, with the share of the song that was played."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from coldwave.errors import InputError
from coldwave.plays.batches import EMPTY_SONG, EMPTY_USER, Batch
from coldwave.plays.encoded import Encoded
from coldwave.plays.parquet import BATCH_ROWS
from coldwave.plays.streams import BLOCK_BYTES
from coldwave.plays.suffixes import parquet_files
from coldwave.plays.tables import REJECTED
from coldwave.plays.times import NOT_A_TIME
from coldwave.progress import track

log = logging.getLogger(__name__)

COLUMNS = ("uid", "item_id", "timestamp", "played_ratio_pct")
EVENT, LISTEN = "event_type", "listen"  # where events of all types are in one file
NO_SHARE = "no played_ratio_pct"


def read_yambda(
    path: Path, table: Mapping[str, Any], block_bytes: int = BLOCK_BYTES, threads: int = 1
) -> Iterator[Batch]:
    """Read ``listens.parquet`` or ``multi_event.parquet`` of the flat layout, a part of a row group at a time.

    A listen is a play if at least ``min_played`` percent of the song were played. Of ``table`` that counts, and
    ``time``: whether times are read. They are seconds from a common start, in steps of five.

    Raises
    ------
    InputError
        A file is missing, not whole Parquet, or of another layout.
    """
    least, shorter, others = table.get("min_played", 0), 0, 0
    for file in parquet_files(path):
        events = EVENT in check_yambda_file(file)
        first = 1
        for rows in _batches(file, [*COLUMNS, *[EVENT] * events]):
            part = pl.DataFrame(rows).with_row_index("line", first)
            first += part.height
            listens = part.filter(pl.col(EVENT).cast(pl.String) == LISTEN) if events else part
            share, row = pl.col("played_ratio_pct"), listens.with_columns(_reason(bool(table.get("time"))))
            good = pl.col("reason").is_null()
            played = row.filter(good & (share >= least))
            shorter += row.filter(good).height - played.height
            others += part.height - listens.height
            yield _batch(file, part.height, played, row.filter(~good), bool(table.get("time")))
    log.info(
        "%s: %s listens to less than %g %% of a song are no plays (plays.yambda.min_played)%s",
        path,
        f"{shorter:,}",
        least,
        f", nor are {others:,} other events" if others else "",
        extra={"screen": True},
    )


def _batches(file: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(file) as opened:
            for group in track(range(opened.num_row_groups), f"{file}, row groups read"):
                yield from opened.iter_batches(BATCH_ROWS, [group], columns)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file}: not a whole Parquet file ({error}) (plays.path)") from error


def _reason(times: bool) -> pl.Expr:
    """The first reason why a row is no listen; null if it is one."""
    no_time = pl.col("timestamp").is_null() if times else pl.lit(False)
    return (
        pl.when(pl.col("uid").is_null())
        .then(pl.lit(EMPTY_USER))
        .when(pl.col("item_id").is_null())
        .then(pl.lit(EMPTY_SONG))
        .when(no_time)
        .then(pl.lit(NOT_A_TIME))
        .when(pl.col("played_ratio_pct").is_null() | pl.col("played_ratio_pct").cast(pl.Float64).is_nan())
        .then(pl.lit(NO_SHARE))
        .alias("reason")
    )


def _batch(file: Path, lines: int, played: pl.DataFrame, bad: pl.DataFrame, times: bool) -> Batch:
    rejected = bad.select(
        pl.lit(str(file)).alias("source"),
        "line",
        "reason",
        pl.concat_str(pl.col(*COLUMNS).cast(pl.String).fill_null(""), separator="\t").alias("text"),
    ).cast(REJECTED)
    user, song = (_texts(played[name]) for name in ("uid", "item_id"))
    count = pl.ones(played.height, dtype=pl.UInt32, eager=True)
    time = played["timestamp"].cast(pl.Float64) if times else None
    return Batch(str(file), lines, 0, user, song, count, time, rejected)


def _texts(numbers: pl.Series) -> Encoded:
    """Write each number once."""
    values = numbers.unique().sort()
    return Encoded(values.cast(pl.String), values.search_sorted(numbers))


def check_yambda_file(file: Path) -> list[str]:
    """Check that a file has the flat layout, and return the names of its columns.

    Raises
    ------
    InputError
        It is missing, not Parquet, or of another layout.
    """
    try:
        schema = pq.read_schema(file)
    except FileNotFoundError as error:
        raise InputError(f"{file}: no such file (plays.path)") from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file}: not a whole Parquet file ({error}) (plays.path)") from error
    if lacking := [name for name in COLUMNS if name not in schema.names]:
        raise InputError(
            f"{file}: there is no column {lacking[0]}: plays.format: yambda reads flat/…/listens.parquet or "
            "multi_event.parquet; likes and the like tell no share that was played, and can be read by plays.format: "
            "table"
        )
    for name in COLUMNS:
        kind = schema.field(name).type
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            raise InputError(
                f"{file}: {name} holds lists, as in the sequential layout: name the same file below flat/ (plays.path)"
            )
        if not (pa.types.is_integer(kind) or (name == "played_ratio_pct" and pa.types.is_floating(kind))):
            raise InputError(f"{file}: {name} holds {kind}, not whole numbers (plays.path)")
    return schema.names


def check_yambda(path: Path) -> None:
    """Check the layout of the first file, before anything is planned.

    Raises
    ------
    InputError
        As `check_yambda_file`, or a folder holds no Parquet.
    """
    check_yambda_file(parquet_files(path)[0])


def advice_on_yambda(path: Path, reason: str, texts: list[str], table: Mapping[str, Any]) -> str:
    """Say what to do if no listen is a play."""
    return "Is it Yambda's own file, and is plays.yambda.min_played not too high?"
