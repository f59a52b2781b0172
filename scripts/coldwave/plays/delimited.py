"""Plays in delimited text: one line for each user, song and count, read in blocks."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from coldwave.plays.ahead import in_order
from coldwave.plays.batches import Batch
from coldwave.plays.layout import CARRIAGE_RETURN, LINE_ENDS, Layout, blocks_with_layout
from coldwave.plays.lines import parse_lines
from coldwave.plays.plain import read_plain
from coldwave.plays.streams import BLOCK_BYTES, wide_encoding

PIECE_BYTES = 1 << 18  # of a block in which something is wrong: most pieces of it are plain

Reader = Callable[[bytes, str, Layout, str], Iterable[Batch]]


def read_delimited(
    path: Path, table: Mapping[str, Any], block_bytes: int = BLOCK_BYTES, threads: int = 1
) -> Iterator[Batch]:
    """Read delimited text as the config's ``plays.table`` says.

    With a header a line must have as many fields as the header; without one, at least those that are read.
    A line with the quoting character is read by the rules of CSV, but a field cannot go on over the line's end.

    Raises
    ------
    InputError
        A setting is wrong, or columns are not in the header (a line each).
    """
    return read_blocks_of_lines(blocks_with_layout(path, table, block_bytes), str(path), threads)


def read_blocks_of_lines(
    blocks: Iterable[tuple[Layout, bytes, str, int]], source: str, threads: int, read: Reader | None = None
) -> Iterator[Batch]:
    """Read blocks, in order, ``threads`` of them at once, and number their lines through.

    A block comes with its layout, its encoding and the number of lines that were left out before it. ``read`` is how to
    read one: `read_block`, or a plainer one to compare it with.
    """

    def batches(block: tuple[Layout, bytes, str, int]) -> tuple[int, list[Batch]]:
        layout, text, encoding, left_out = block
        return left_out, list((read or read_block)(text, encoding, layout, source))

    lines = 0
    for left_out, found in in_order(batches, blocks, threads):
        lines += left_out
        for batch in found:
            yield replace(batch, rejected=batch.rejected.with_columns(pl.col("line") + lines))
            lines += batch.lines


def read_block(block: bytes, encoding: str, layout: Layout, source: str) -> Iterator[Batch]:
    """Read a block of whole lines: by `read_plain`, and by `parse_lines` the pieces of it in which that fails."""
    if whole := read_plain(block, encoding, layout, source):
        yield whole
        return
    read = begin = 0
    while begin < len(block):
        end = block.find(b"\n", begin + PIECE_BYTES - 1) + 1 or len(block)
        if plain := read_plain(block[begin:end], encoding, layout, source):
            if begin > read:
                yield parse_lines(block[read:begin], encoding, layout, source)
            yield plain
            read = end
        begin = end
    if begin > read:
        yield parse_lines(block[read:], encoding, layout, source)


def text_advice(path: Path, reason: str, setting: str) -> str:
    """Say what to do if no line is a play because of the encoding or the line ends; else return an empty text.

    ``setting`` is the setting for an encoding of several bytes per character.
    """
    if wide := wide_encoding(path):
        return f"The file begins as {wide} text does: set {setting}: {wide}"
    return LINE_ENDS if reason == CARRIAGE_RETURN else ""


def likely_delimiter(texts: list[str], used: str) -> tuple[str, str] | None:
    """Guess the delimiter of lines if it is not the one ``used``: the delimiter, and how to set it."""
    for mark in ("\t", ",", ";", "|", " "):
        if mark != used and all(mark in text for text in texts):
            written = '"\\t"' if mark == "\t" else f'"{mark}"'
            return repr(mark), f"plays.table.delimiter: {written}"
    return None
