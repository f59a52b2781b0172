"""Plays of public data sets that are delimited text, each read by its name (``coldwave.plays.datasets``)."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coldwave.plays.batches import Batch
from coldwave.plays.datasets import table_of
from coldwave.plays.delimited import read_delimited, text_advice
from coldwave.plays.streams import BLOCK_BYTES


def read_data_set(
    name: str, path: Path, table: Mapping[str, Any], block_bytes: int = BLOCK_BYTES, threads: int = 1
) -> Iterator[Batch]:
    """Read a file of the data set of that name; of ``table`` only ``time`` counts: whether times are read.

    Raises
    ------
    InputError
        As `table_of` and `read_delimited`.
    """
    return read_delimited(path, table_of(name, path, bool(table.get("time"))), block_bytes, threads)


def advice_on_data_set(name: str, path: Path, reason: str, texts: list[str], table: Mapping[str, Any]) -> str:
    """Say what to do if no line is a play, from the most frequent reason."""
    general = text_advice(path, reason, "plays.format: table and plays.table.encoding")
    return general or f"Is it the data set's own file? plays.format: {name} reads it as its owner offers it"
