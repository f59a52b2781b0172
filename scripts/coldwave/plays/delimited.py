"""Plays in delimited text: one line for each user, song and count, read in blocks."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from coldwave.plays.batches import EMPTY_SONG, EMPTY_USER, ME, Batch
from coldwave.plays.columns import BLANKS
from coldwave.plays.counts import check_counts, numbers_of
from coldwave.plays.layout import CARRIAGE_RETURN, LINE_ENDS, Layout, blocks_with_layout, split_fields
from coldwave.plays.rejections import TEXT_LENGTH
from coldwave.plays.streams import BLOCK_BYTES, wide_encoding
from coldwave.plays.tables import REJECTED
from coldwave.plays.times import NOT_A_TIME, seconds_of

WRONG_FIELDS = "wrong number of fields"
WRONG_QUOTES = "quotes do not match"
NUL = "NUL byte"


def read_delimited(path: Path, table: Mapping[str, Any], block_bytes: int = BLOCK_BYTES) -> Iterator[Batch]:
    """Read delimited text as the config's ``plays.table`` says.

    With a header a line must have as many fields as the header; without one, at least those that are read.
    A line with the quoting character is read by the rules of CSV, but a field cannot go on over the line's end.

    Raises
    ------
    InputError
        A setting is wrong, or columns are not in the header (a line each).
    """
    first_line = 1
    for layout, block, encoding, taken in blocks_with_layout(path, table, block_bytes):
        batch = parse_block(block, encoding, first_line + taken, layout, str(path))
        first_line += taken + batch.lines
        yield batch


def parse_block(block: bytes, encoding: str, first_line: int, layout: Layout, source: str) -> Batch:
    r"""Read and check a block of whole lines, each ended by ``\n`` or ``\r\n`` (the last line may lack it).

    ``first_line`` is the number of its first line. Empty lines are counted and skipped. Blanks around a field are
    stripped.
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
    if layout.time is not None:
        fields = fields.with_columns(seconds_of(fields["time_text"]).alias("time"))
    fields = fields.with_columns(_reason(layout).alias("reason"))
    good = pl.col("reason").is_null()
    rejected = pl.concat([fields.filter(~good).select("row", "text", "reason"), bad]).sort("row")
    rejected = rejected.select(
        pl.lit(source).alias("source"),
        (pl.col("row").cast(pl.UInt64) + first_line).alias("line"),
        pl.col("reason"),
        pl.col("text").str.slice(0, TEXT_LENGTH),
    ).cast(REJECTED)
    plays = fields.filter(good).select("user_id", "song_id", "count", *["time"] * (layout.time is not None))
    return Batch(source, lines.height, blank, plays, rejected)


def _as_utf8(block: bytes, encoding: str) -> tuple[bytes, list[tuple[int, str]]]:
    """Return the block in UTF-8 with invalid lines emptied, and those lines as (row from 0, readable text)."""
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
    wanted = {"user_id": layout.user, "song_id": layout.song, "count_text": layout.count, "time_text": layout.time}
    names, places = zip(*((name, place) for name, place in wanted.items() if place is not None), strict=True)
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
            found = split_fields(text, layout.delimiter, layout.quote)
            picked = [None if found is None or place >= len(found) else found[place] for place in places]
            rows.append((None if found is None else len(found), *picked))
        schema = {"fields": pl.UInt32} | dict.fromkeys(names, pl.String)
        special = pl.concat([special, pl.DataFrame(rows, schema=schema, orient="row")], how="horizontal")
        plain = pl.concat([plain, special])
    table = plain.with_columns(pl.col(name).str.strip_chars(BLANKS) for name in names)
    if layout.user is None:
        table = table.with_columns(user_id=pl.lit(ME))
    if layout.count is None:
        return table.with_columns(pl.lit(1.0).alias("number"))
    return table.with_columns(numbers_of(table["count_text"]).alias("number"))


def _reason(layout: Layout) -> pl.Expr:
    """The first reason why a line is no play; null if it is one."""
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
        .when(pl.lit(False) if layout.time is None else pl.col("wrong_count").is_null() & pl.col("time").is_null())
        .then(pl.lit(NOT_A_TIME))
        .otherwise(pl.col("wrong_count"))
    )


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
