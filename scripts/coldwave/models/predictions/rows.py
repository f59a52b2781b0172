"""The rows of a table of scores, as they stand in the file: a chunk at a time, for they may be very many."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from coldwave.embeddings.columns import read_header, text_lines
from coldwave.embeddings.reading import NOT_UTF8, WRONG_FIELDS, WRONG_QUOTES
from coldwave.errors import InputError
from coldwave.models.predictions.columns import COLUMNS, find_scores
from coldwave.plays.columns import BLANKS
from coldwave.plays.counts import numbers_of
from coldwave.plays.rejections import readable
from coldwave.plays.suffixes import is_parquet
from coldwave.progress import track

CHUNK = 1 << 18
# ``text`` is null in Parquet, ``number`` where there is no number; ``reason`` says why a row cannot be read at all.
ROWS = {"line": pl.UInt64, "text": pl.String, "user_id": pl.String, "song_id": pl.String, "number": pl.Float64,
        "reason": pl.String}  # fmt: skip


def read_rows(path: Path, options: Mapping[str, Any], key: str, chunk: int = CHUNK) -> Iterator[pl.DataFrame]:
    """Read a table of scores: frames with columns as ``ROWS``.

    Text has a header; a line is counted from 1, the header included. Parquet's rows are counted from 1.

    Parameters
    ----------
    options : ``user``, ``song`` and ``score``, names of columns; ``delimiter``, or None for the one that the file's
        name implies
    key : the setting that names the model, for messages

    Raises
    ------
    InputError
        The file, its header or a column is wrong.
    """
    return (_parquet_rows if is_parquet(path) else _text_rows)(path, options, key, chunk)


def _text_rows(path: Path, options: Mapping[str, Any], key: str, chunk: int) -> Iterator[pl.DataFrame]:
    lines = text_lines(path, options, key)
    header = read_header(lines, key, path)
    places = find_scores(header, options, key, path)
    while some := list(islice(lines, chunk)):
        rows = []
        for line, text, fields in some:
            reason = _unreadable(text, fields, len(header))
            found = [None] * len(places) if reason else [fields[place] for place in places]
            rows.append((line, readable(text), *found, reason))
        frame = pl.DataFrame(rows, schema=ROWS | {"number": pl.String}, orient="row")
        frame = frame.with_columns(pl.col("user_id", "song_id", "number").str.strip_chars(BLANKS))
        yield frame.with_columns(numbers_of(frame["number"]).alias("number"))


def _unreadable(text: str, fields: list[str] | None, wanted: int) -> str | None:
    """Say why a line of text cannot be read."""
    if not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text):
        return NOT_UTF8
    if fields is None:
        return WRONG_QUOTES
    return None if len(fields) == wanted else WRONG_FIELDS


def _parquet_rows(path: Path, options: Mapping[str, Any], key: str, chunk: int) -> Iterator[pl.DataFrame]:
    first = 1
    try:
        with pq.ParquetFile(path) as file:
            names = _names(file.schema_arrow, options, key, path)
            for group in track(range(file.num_row_groups), f"{path}, row groups read"):
                for rows in file.iter_batches(chunk, [group], names):
                    rows = rows.select(names)
                    # polars cannot take decimals of 256 bits
                    numbers = rows.column(2).cast(pa.float64(), safe=False)
                    part = pl.from_arrow(rows.set_column(2, names[2], numbers))
                    part.columns = ["user_id", "song_id", "number"]
                    yield part.select(
                        pl.int_range(first, first + pl.len(), dtype=pl.UInt64).alias("line"),
                        pl.lit(None, pl.String).alias("text"),
                        pl.col("user_id", "song_id").cast(pl.String).fill_null("").str.strip_chars(BLANKS),
                        "number",
                        pl.lit(None, pl.String).alias("reason"),
                    )
                    first += rows.num_rows
    except FileNotFoundError as error:
        raise InputError(f"{key}: there is no {path}") from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{key}: {path} is not a whole Parquet file ({error})") from error


def _names(schema: pa.Schema, options: Mapping[str, Any], key: str, path: Path) -> list[str]:
    """Find the columns and check their types: ids are text or whole numbers, scores numbers."""
    fields = [schema.field(place) for place in find_scores(schema.names, options, key, path)]
    for name, field in zip(COLUMNS, fields, strict=True):
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
        number = pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        if not (pa.types.is_integer(kind) or (number if name == "score" else text)):
            wanted = "numbers" if name == "score" else "text or whole numbers"
            raise InputError(f"{key}.{name}: column {field.name!r} of {path} holds {field.type}, not {wanted}")
    return [field.name for field in fields]
