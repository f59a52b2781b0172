"""Plays in the Taste Profile's format: lines ``user TAB song TAB count`` in UTF-8, without a header."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coldwave.errors import InputError
from coldwave.plays.batches import Batch
from coldwave.plays.delimited import likely_delimiter, read_blocks_of_lines, text_advice
from coldwave.plays.layout import Layout
from coldwave.plays.lines import WRONG_FIELDS
from coldwave.plays.streams import BLOCK_BYTES, read_blocks
from coldwave.plays.suffixes import is_parquet

TRIPLETS = Layout(user=0, song=1, count=2, fields=3, more_fields=False)
_OTHER_LAYOUTS = "Taste Profile triplets are user TAB song TAB count; plays.format: table reads other layouts"


def read_triplets(
    path: Path, table: Mapping[str, Any], block_bytes: int = BLOCK_BYTES, threads: int = 1
) -> Iterator[Batch]:
    """Read triplets; ``table`` (``plays.table``) is not used.

    Raises
    ------
    InputError
        The path is a folder or Parquet.
    """
    if path.is_dir() or is_parquet(path):
        raise InputError(f"{path}: plays.format: taste_profile reads no folders or Parquet; set plays.format: table")
    blocks = ((TRIPLETS, block, encoding, 0) for block, encoding in read_blocks(path, "utf-8", block_bytes))
    yield from read_blocks_of_lines(blocks, str(path), threads)


def advice_on_triplets(path: Path, reason: str, texts: list[str], table: Mapping[str, Any]) -> str:
    """Say what to do if no line is a play, from the most frequent reason and some lines with it."""
    if general := text_advice(path, reason, "plays.format: table and plays.table.encoding"):
        return general
    if reason.startswith("not valid"):
        return "Taste Profile triplets are in UTF-8; plays.format: table reads other encodings (plays.table.encoding)"
    if reason == WRONG_FIELDS and (likely := likely_delimiter(texts, "\t")):
        mark, setting = likely
        return f"The fields look separated by {mark}, not by a TAB: set plays.format: table and {setting}"
    return _OTHER_LAYOUTS
