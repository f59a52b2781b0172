"""Plays in a table of the user's own layout: delimited text or Parquet, read as the config's ``plays.table`` says."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coldwave.plays.batches import Batch
from coldwave.plays.delimited import likely_delimiter, read_delimited, text_advice
from coldwave.plays.lines import WRONG_FIELDS
from coldwave.plays.parquet import read_parquet_plays
from coldwave.plays.streams import BLOCK_BYTES
from coldwave.plays.suffixes import is_parquet
from coldwave.plays.times import NOT_A_TIME


def read_table_of_plays(
    path: Path, table: Mapping[str, Any], block_bytes: int = BLOCK_BYTES, threads: int = 1
) -> Iterator[Batch]:
    """Read a file, or a folder of Parquet files (on one thread).

    Raises
    ------
    InputError
        As `read_delimited` and `read_parquet_plays`.
    """
    if path.is_dir() or is_parquet(path):
        return read_parquet_plays(path, table)
    return read_delimited(path, table, block_bytes, threads)


def advice_on_table(path: Path, reason: str, texts: list[str], table: Mapping[str, Any]) -> str:
    """Say what to do if no line is a play, from the most frequent reason and some lines with it."""
    text = not (path.is_dir() or is_parquet(path))
    if text and (general := text_advice(path, reason, "plays.table.encoding")):
        return general
    if reason.startswith("not valid"):
        return "Is plays.table.encoding right?"
    if reason == WRONG_FIELDS:
        used = table.get("delimiter", "\t")
        if likely := likely_delimiter(texts, used):
            mark, setting = likely
            return f"The fields look separated by {mark}, not by {used!r}: set {setting}"
        return "Are plays.table.delimiter and plays.table.header right?"
    if reason == NOT_A_TIME:
        return (
            "Is plays.table.time the column of the times of plays? Without times, a split cannot be by date (split.by)"
        )
    if reason.startswith("count"):
        return "Is plays.table.count the column of the play counts?"
    return "Are the columns of plays.table right?"
