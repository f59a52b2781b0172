"""Plays in the layout of the Music Listening Histories Dataset: a file for each user, named by the user's UUID.

A line is ``Unix seconds TAB artists TAB release TAB recording``, MusicBrainz ids all, of which any may be missing. A
play is one of a recording.
"""

import logging
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import polars as pl

from coldwave.errors import InputError
from coldwave.histories.members import Member, members
from coldwave.plays.ahead import in_order
from coldwave.plays.batches import EMPTY_SONG, Batch
from coldwave.plays.delimited import read_block
from coldwave.plays.encoded import Encoded
from coldwave.plays.layout import Layout
from coldwave.plays.plain import read_plain
from coldwave.plays.rejections import rejected_rows
from coldwave.plays.streams import BLOCK_BYTES, stream_blocks
from coldwave.plays.suffixes import without_compression

log = logging.getLogger(__name__)

NO_RECORDING = "no recording MBID"
NO_USER = "the file's name is no UUID of a user"
_SILENT = re.compile(rb"^[^\t\n]*\t[^\t\n]*\t[^\t\n]*\t(?:\n|\Z)", re.MULTILINE)  # a line without a recording
_LAYOUT = Layout(user=None, song=3, count=None, fields=4, more_fields=False)


class _Block(NamedTuple):
    """Whole lines of one file; ``first`` is whether they are its first."""

    user: str
    source: str
    text: bytes
    first: bool


def read_mlhd(
    path: Path, table: Mapping[str, Any], block_bytes: int = BLOCK_BYTES, threads: int = 1
) -> Iterator[Batch]:
    """Read a folder of ``UUID.txt.zst`` files, also ``.gz`` or unpacked, a tar of it, or a folder of tars.

    Of ``table`` only ``time`` counts: whether times are read. Lines without a recording are many: of each block, one
    row of the rejected lines says how many they are.

    Raises
    ------
    InputError
        There is no such path, or a file is damaged.
    """
    layout = replace(_LAYOUT, time=0) if table.get("time") else _LAYOUT
    lines = without = 0
    strangers: list[tuple[None, str, str]] = []
    blocks = _blocks(path, block_bytes, strangers)
    for block, found in in_order(lambda block: (block, list(_read(block, layout))), blocks, threads):
        lines = 0 if block.first else lines
        for batch, silent in found:
            rejected = batch.rejected.with_columns(pl.col("line") + lines)
            lines, without = lines + batch.lines, without + silent
            yield replace(batch, user=Encoded.same(block.user, batch.song.height()), rejected=rejected)
    if strangers:
        rejected = rejected_rows(str(path), strangers)
        none = Encoded(pl.Series([], dtype=pl.String))
        time = pl.Series([], dtype=pl.Float64) if table.get("time") else None
        yield Batch(str(path), 0, 0, none, none, pl.Series([], dtype=pl.UInt32), time, rejected)
    log.info("%s: %s lines tell no recording and are no plays", path, f"{without:,}", extra={"screen": True})


def _blocks(path: Path, block_bytes: int, strangers: list[tuple[None, str, str]]) -> Iterator[_Block]:
    for member in _members(path):
        name = member.name.removeprefix(f"{path}: ")
        user = without_compression(Path(PurePosixPath(name).name)).stem
        try:
            uuid.UUID(user)
        except ValueError:
            strangers.append((None, NO_USER, name))
            continue
        if member.damage:
            raise member.damage
        for number, block in enumerate(stream_blocks(member.stream, member.name, block_bytes)):
            yield _Block(user, member.name, block, not number)


def _members(path: Path) -> Iterator[Member]:
    """Yield the files of a folder or a tar, and those of tars in a folder."""
    for member in members(path):
        if path.is_dir() and member.path is not None and member.path.suffix.lower() == ".tar":
            yield from members(member.path)
        else:
            yield member


def _read(block: _Block, layout: Layout) -> Iterator[tuple[Batch, int]]:
    """Read a block, and count the lines without a recording; one row of the rejected lines stands for them."""
    if plain := _read_plain(block, layout):
        yield plain
        return
    for batch in read_block(block.text, "utf-8", layout, block.source):
        silent = batch.rejected["reason"] == EMPTY_SONG
        rejected = batch.rejected
        if count := int(silent.sum()):
            line, text = rejected.filter(silent).select("line", "text").row(0)
            rejected = pl.concat([_one_row(block, count, line, text), rejected.filter(~silent)]).sort("line")
        yield replace(batch, rejected=rejected), count


def _read_plain(block: _Block, layout: Layout) -> tuple[Batch, int] | None:
    """Read a block in which nothing is wrong but that recordings are missing, as `_read`; None if there may be."""
    text = block.text
    if not text.isascii() or b"\0" in text or b"\r" in text:
        return None
    first = _SILENT.search(text)
    told, count = _SILENT.subn(b"", text)
    batch = read_plain(told, "utf-8", layout, block.source)
    if batch is None or not first:
        return batch and (batch, 0)
    line = text.count(b"\n", 0, first.start()) + 1
    rejected = _one_row(block, count, line, first[0].decode().rstrip("\n"))
    return replace(batch, lines=batch.lines + count, rejected=rejected), count


def _one_row(block: _Block, count: int, line: int, text: str) -> pl.DataFrame:
    words = f"{count:,} lines, the first " if count > 1 else ""
    return rejected_rows(block.source, [(line, NO_RECORDING, words + text)])


def advice_on_mlhd(path: Path, reason: str, texts: list[str], table: Mapping[str, Any]) -> str:
    """Say what to do if no line is a play."""
    if reason == NO_USER:
        return "plays.path is a folder of UUID.txt.zst files, a tar of it, or a folder of tars"
    return "The lines of MLHD+ are Unix seconds, artists, release and recording, separated by TABs"


def check_mlhd(path: Path) -> None:
    """Refuse what is neither a folder nor a tar, before anything is planned.

    Raises
    ------
    InputError
        The path is another file.
    """
    if path.is_file() and ".tar" not in path.suffixes:
        raise InputError(f"{path}: plays.format: mlhd reads a folder of UUID.txt.zst, or a tar of it (plays.path)")
