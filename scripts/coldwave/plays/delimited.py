"""Plays in delimited text: one line for each user, song and count, read a block at a time."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from coldwave.errors import InputError
from coldwave.plays.batches import BLANKS, EMPTY_SONG, EMPTY_USER, Batch
from coldwave.plays.columns import find_column
from coldwave.plays.counts import check_counts, numbers_of
from coldwave.plays.rejections import TEXT_LENGTH
from coldwave.plays.streams import BLOCK_BYTES, check_encoding, read_blocks, wide_encoding
from coldwave.plays.tables import REJECTED

WRONG_FIELDS = "wrong number of fields"
WRONG_QUOTES = "quotes do not match"
NUL = "NUL byte"
CARRIAGE_RETURN = "carriage return within the line"  # perhaps the end of a line: what is read would be a guess

LINE_ENDS = r"Lines have to end in \n or \r\n: convert those that end in \r alone"


@dataclass(frozen=True)
class Layout:
    """Where the user, the song and the count (None: each line is one play) stand among the fields, from 0."""

    user: int
    song: int
    count: int | None
    fields: int
    more_fields: bool  # whether a line may have more than ``fields``
    delimiter: str = "\t"
    quote: str | None = None


TRIPLETS = Layout(user=0, song=1, count=2, fields=3, more_fields=False)


def read_triplets(path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Batch]:
    """Read the layout of the Taste Profile: ``user TAB song TAB count`` in UTF-8, without a header."""
    first_line = 1
    for block, encoding in read_blocks(path, "utf-8", block_bytes):
        batch = parse_block(block, encoding, first_line, TRIPLETS, str(path))
        first_line += batch.lines
        yield batch


def read_delimited(path: Path, table: Mapping[str, Any], block_bytes: int = BLOCK_BYTES) -> Iterator[Batch]:
    """Read delimited text as the config's ``plays.table`` says.

    With a header a line must have as many fields as the header; without one, at least those that are read.
    A line that holds the quoting character is read by the rules of CSV; a field cannot go on over a line's end.

    Raises
    ------
    InputError
        A setting is wrong, or a column is not in the header.
    """
    encoding, delimiter, quote = table.get("encoding", "utf-8"), table.get("delimiter", "\t"), table.get("quote")
    check_encoding(encoding, "plays.table.encoding")
    for key, character in (("delimiter", delimiter), ("quote", quote)):
        if character is not None and (len(character) != 1 or character in "\r\n\0"):
            raise InputError(f"plays.table.{key}: {character!r} is not one character")
    if delimiter == quote:
        raise InputError(f"plays.table.quote: {quote!r} is also plays.table.delimiter")
    layout = None if table.get("header", True) else _layout(table, None, path, delimiter, quote)
    first_line, blank = 1, 0
    for block, block_encoding in read_blocks(path, encoding, block_bytes):
        while layout is None and block:  # the header is the first line that is not blank
            line, _, block = block.partition(b"\n")
            first_line += 1
            if line.strip(b"\r"):
                layout = _layout(table, _header(line, block_encoding, path, delimiter, quote), path, delimiter, quote)
            else:
                blank += 1
        if block:
            batch = parse_block(block, block_encoding, first_line, layout, str(path))
            first_line += batch.lines
            yield batch
    if layout is None:
        raise InputError(f"{path}: the file is empty, without even a header (plays.path)")


def _header(line: bytes, encoding: str, path: Path, delimiter: str, quote: str | None) -> list[str]:
    try:
        text = line.decode(encoding).rstrip("\r")
    except UnicodeDecodeError as error:
        likely = wide_encoding(path)
        advice = f"set plays.table.encoding: {likely}" if likely else "see plays.table.encoding"
        raise InputError(f"{path}: the header is not valid {encoding}; {advice}") from error
    if "\r" in text:
        raise InputError(f"{path}: the header has a {CARRIAGE_RETURN}: {text[:80]!r}. {LINE_ENDS}")
    fields = _quoted_fields(text, delimiter, quote) if quote and quote in text else text.split(delimiter)
    if fields is None:
        raise InputError(f"{path}: quotes in the header do not match: {text[:200]!r}")
    return [field.strip(BLANKS) for field in fields]


def _layout(
    table: Mapping[str, Any], header: list[str] | None, path: Path, delimiter: str, quote: str | None
) -> Layout:
    """Find the columns of ``plays.table``."""
    wanted = {"user": table.get("user", "user"), "song": table.get("song", "song"), "count": table.get("count")}
    places = {
        name: find_column(column, header, f"plays.table.{name}", path)
        for name, column in wanted.items()
        if column is not None
    }
    if len(set(places.values())) < len(places):
        raise InputError(f"plays.table: user, song and count must be different columns, not {wanted}")
    return Layout(
        user=places["user"],
        song=places["song"],
        count=places.get("count"),
        fields=len(header) if header is not None else max(places.values()) + 1,
        more_fields=header is None,
        delimiter=delimiter,
        quote=quote,
    )


def parse_block(block: bytes, encoding: str, first_line: int, layout: Layout, source: str) -> Batch:
    r"""Read and check a block of whole lines, each ended by ``\n`` or ``\r\n``, the last perhaps by nothing.

    ``first_line`` is the number of its first line. Empty lines are counted and passed over. Blanks around a field
    are no part of it.
    """
    text, undecodable = _as_utf8(block, encoding)
    lines = _lines(text).to_frame("text").with_row_index("row")
    bad = pl.DataFrame(undecodable, schema={"row": pl.UInt32, "text": pl.String}, orient="row")
    bad = bad.with_columns(pl.lit(f"not valid {encoding}").alias("reason"))
    kept = lines.filter(pl.col("text") != "")
    blank = lines.height - kept.height - bad.height  # a line that cannot be decoded was emptied
    fields = _fields(kept, layout)
    counts, wrong_count = check_counts(fields["number"])
    fields = fields.with_columns(counts.alias("count"), wrong_count.alias("wrong_count"))
    fields = fields.with_columns(_reason(layout).alias("reason"))
    good = pl.col("reason").is_null()
    rejected = pl.concat([fields.filter(~good).select("row", "text", "reason"), bad]).sort("row")
    rejected = rejected.select(
        pl.lit(source).alias("source"),
        (pl.col("row").cast(pl.UInt64) + first_line).alias("line"),
        pl.col("reason"),
        pl.col("text").str.slice(0, TEXT_LENGTH),
    ).cast(REJECTED)
    plays = fields.filter(good).select("user_id", "song_id", "count")
    return Batch(source, lines.height, blank, plays, rejected)


def _as_utf8(block: bytes, encoding: str) -> tuple[bytes, list[tuple[int, str]]]:
    """Give the block in UTF-8, and the lines that are not valid, emptied in it, as (row from 0, readable text)."""
    try:
        text = block.decode(encoding)
        return (block if encoding == "utf-8" else text.encode()), []
    except UnicodeDecodeError:
        pass
    lines, bad = block.split(b"\n"), []
    for row, line in enumerate(lines):
        try:
            lines[row] = line.decode(encoding).encode()
        except UnicodeDecodeError:
            bad.append((row, line.decode(encoding, "replace").rstrip("\r")))
            lines[row] = b""
    return b"\n".join(lines), bad


def _lines(text: bytes) -> pl.Series:
    """Split UTF-8 text at line feeds, without a copy of each line, and take off carriage returns at their ends."""
    ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n")) + 1
    if not text.endswith(b"\n"):
        ends = np.append(ends, len(text))
    offsets = np.concatenate([[0], ends]).astype(np.int64)
    array = pa.LargeStringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(text))
    return pl.Series("text", array).str.strip_chars_end("\r\n")


def _fields(lines: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Add to lines (row, text): fields (their number, null where quotes fail), user_id, song_id, number."""
    quoted = pl.col("text").str.contains(layout.quote, literal=True) if layout.quote else pl.lit(False)
    plain, special = lines.filter(~quoted), lines.filter(quoted)
    places = [layout.user, layout.song] + ([layout.count] if layout.count is not None else [])
    names = ["user_id", "song_id", "count_text"][: len(places)]
    split = pl.col("text").str.split_exact(layout.delimiter, max(places))
    plain = plain.with_columns(
        (pl.col("text").str.count_matches(layout.delimiter, literal=True) + 1).alias("fields"), split.alias("split")
    ).select(
        "row",
        "text",
        "fields",
        *(
            pl.col("split").struct.field(f"field_{place}").alias(name)
            for place, name in zip(places, names, strict=True)
        ),
    )
    if special.height:
        rows = []
        for text in special["text"]:
            found = _quoted_fields(text, layout.delimiter, layout.quote)
            picked = [None if found is None or place >= len(found) else found[place] for place in places]
            rows.append((None if found is None else len(found), *picked))
        schema = {"fields": pl.UInt32} | dict.fromkeys(names, pl.String)
        special = pl.concat([special, pl.DataFrame(rows, schema=schema, orient="row")], how="horizontal")
        plain = pl.concat([plain, special])
    table = plain.with_columns(pl.col(name).str.strip_chars(BLANKS) for name in names)
    if layout.count is None:
        return table.with_columns(pl.lit(1.0).alias("number"))
    return table.with_columns(numbers_of(table["count_text"]).alias("number"))


def _quoted_fields(text: str, delimiter: str, quote: str) -> list[str] | None:
    """Read one line by the rules of CSV; None where its quotes do not match."""
    try:
        skip = delimiter != " "
        reader = csv.reader([text], delimiter=delimiter, quotechar=quote, strict=True, skipinitialspace=skip)
        return next(reader)
    except csv.Error:
        return None


def _reason(layout: Layout) -> pl.Expr:
    """Say why a line is no play, the first reason of several; null where it is one."""
    fields, text = pl.col("fields"), pl.col("text")
    return (
        pl.when(text.str.contains("\0", literal=True))
        .then(pl.lit(NUL))
        .when(text.str.contains("\r", literal=True))
        .then(pl.lit(CARRIAGE_RETURN))
        .when(fields.is_null())
        .then(pl.lit(WRONG_QUOTES))
        .when(fields < layout.fields if layout.more_fields else fields != layout.fields)
        .then(pl.lit(WRONG_FIELDS))
        .when(pl.col("user_id") == "")
        .then(pl.lit(EMPTY_USER))
        .when(pl.col("song_id") == "")
        .then(pl.lit(EMPTY_SONG))
        .otherwise(pl.col("wrong_count"))
    )
