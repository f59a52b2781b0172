"""Lines of plays, each of them checked: one that is no play is set aside with the reason."""

import numpy as np
import polars as pl
import pyarrow as pa

from coldwave.plays.batches import EMPTY_SONG, EMPTY_USER, ME, Batch
from coldwave.plays.columns import BLANKS
from coldwave.plays.counts import check_counts, numbers_of
from coldwave.plays.encoded import Encoded
from coldwave.plays.layout import CARRIAGE_RETURN, Layout, split_fields
from coldwave.plays.rejections import TEXT_LENGTH
from coldwave.plays.tables import REJECTED
from coldwave.plays.times import NOT_A_TIME, seconds_of
from coldwave.plays.told import id_or_names

WRONG_FIELDS = "wrong number of fields"
WRONG_QUOTES = "quotes do not match"
NUL = "NUL byte"


def parse_lines(block: bytes, encoding: str, layout: Layout, source: str) -> Batch:
    r"""Read and check a block of whole lines, each ended by ``\n`` or ``\r\n`` (the last line may lack it).

    They are numbered from 1. Empty lines are counted and skipped. Blanks around a field are stripped.
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
        (pl.col("row").cast(pl.UInt64) + 1).alias("line"),
        pl.col("reason"),
        pl.col("text").str.slice(0, TEXT_LENGTH),
    ).cast(REJECTED)
    plays = fields.filter(good)
    user, song = Encoded(plays["user_id"]), Encoded(plays["song_id"])
    time = None if layout.time is None else plays["time"]
    names = {name: Encoded(plays[name]) for name in layout.names}
    return Batch(source, lines.height, blank, user, song, plays["count"], time, rejected, names)


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
    wanted |= layout.names
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
    table = table.with_columns(id_or_names("song_id", list(layout.names)))
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
