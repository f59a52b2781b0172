"""The user's own embeddings: a table of numbers for each song id, joined to the songs of a run.

Users' vectors are such a table too. Text has a header and then one line per song, comma- or tab-separated, compressed
or not. Parquet may hold the numbers in columns of their own or in one column of lists. Only the songs of the run are
kept in memory.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from coldwave.embeddings.columns import choose_columns, read_header, text_lines
from coldwave.errors import InputError
from coldwave.plays.columns import BLANKS
from coldwave.plays.rejections import TEXT_LENGTH, refuse_flood, rejected_rows
from coldwave.plays.suffixes import is_parquet
from coldwave.progress import track

log = logging.getLogger(__name__)

BATCH_ROWS = 1 << 14
WRONG_FIELDS = "wrong number of fields"
WRONG_QUOTES = "quotes do not match"
NOT_UTF8 = "not valid utf-8"
EMPTY_ID = "empty {} id"  # of a song, or a user
DUPLICATE = "{} id occurs before"
NO_NUMBER = "a value is not a number"
NO_VALUE = "there are no numbers"
NOT_FINITE = "a value is not finite"
WITHOUT_ID = (
    WRONG_FIELDS,
    WRONG_QUOTES,
    NOT_UTF8,
    EMPTY_ID.format("song"),
)  # reasons for which a row's song is unknown

COLUMNS = {"column": pl.String}

Values = list[float] | str  # the numbers of a song, or why there are none
Row = tuple[int, str, str | None, Values]  # line, its text, song id (None if the line cannot be read), values


class Embeddings(NamedTuple):
    """``vectors``: float32 [songs, d], NaN rows for songs without one. ``rejected``: as in ``plays.tables.REJECTED``.

    ``others``: number of rows for songs that are not in the run. ``columns``: names of the columns of the numbers, in
    order. ``reasons``: for the id of each song with a row set aside, the first such row's line and the reason.
    """

    vectors: np.ndarray
    rejected: pl.DataFrame
    others: int
    columns: list[str]
    reasons: dict[str, tuple[int, str]]


def read_embeddings(
    path: Path, songs: Sequence[str], options: Mapping[str, Any], key: str, width: int | None = None, of: str = "song"
) -> Embeddings:
    """Read a table of embeddings and join it to the songs.

    The first good row of a song counts. Rows of the run's songs that are malformed, repeated or not all finite numbers
    are set aside; rows of other songs are counted.

    Parameters
    ----------
    songs : ids of the songs, row n of the result is that of song n
    options : ``song``, the column of the ids; ``columns``, those of the numbers: a list of names, the beginning of
        their names, or None for all others; ``delimiter``, or None for the one that the file's name implies
    key : the setting that names the table, for messages
    width : how many numbers a song must have, as models were trained on so many; None: as many as the first song
    of : what the ids are of; for ``user``, the option ``user`` is their column, and users are meant by songs above

    Raises
    ------
    InputError
        The file, its header or a column is wrong, or no song of the run is in it (with a width, that is a warning).
    """
    places = {song_id: place for place, song_id in enumerate(songs)}
    columns: list[str] = []
    read = _parquet_rows if is_parquet(path) else _text_rows
    vectors = None if width is None else np.full((len(songs), width), np.nan, dtype=np.float32)
    whose = f"the first {of} has" if width is None else "the run has learnt from"
    seen, examples, rejected = np.zeros(len(songs), dtype=bool), [], []
    reasons: dict[str, tuple[int, str]] = {}
    others = 0
    for line, text, song_id, values in read(path, options, places, key, columns, of):
        if song_id is not None and song_id not in places and song_id:
            others += 1
            examples += [song_id] if len(examples) < 3 else []
            continue
        reason = _reason(song_id, values, places, seen, of)
        if not reason and vectors is not None and len(values) != vectors.shape[1]:
            reason = f"{len(values)} numbers, where {whose} {vectors.shape[1]}"
        if reason:
            if song_id:
                reasons.setdefault(song_id, (line, reason))
            rejected.append((line, reason, text[:TEXT_LENGTH]))
            refuse_flood(path, len(rejected))
            continue
        if vectors is None:
            vectors = np.full((len(songs), len(values)), np.nan, dtype=np.float32)
        vectors[places[song_id]] = values
        seen[places[song_id]] = True
    if not seen.any():
        told = f"; {len(rejected):,} rows were set aside, the first for: {rejected[0][1]}" if rejected else ""
        ids = f"; its ids are like {', '.join(map(repr, examples))}" if examples else ""
        nothing = (
            f"{key}: {path} has no usable row of any of the {len(songs):,} {of}s, whose ids are like "
            f"{', '.join(map(repr, songs[:3]))}{ids}{told}"
        )
        if width is None:
            raise InputError(nothing)
        log.warning("%s", nothing)
    return Embeddings(vectors, rejected_rows(str(path), rejected), others, columns, reasons)


def _reason(song_id: str | None, values: Values, places: Mapping[str, int], seen: np.ndarray, of: str) -> str | None:
    """Say why a row of one of the run's songs, or an unreadable row, does not count."""
    if song_id == "":
        return EMPTY_ID.format(of)
    if isinstance(values, str):
        return values
    if seen[places[song_id]]:
        return DUPLICATE.format(of)
    with np.errstate(over="ignore"):  # what is too large for 32 bits becomes infinite
        finite = np.isfinite(np.asarray(values, dtype=np.float64).astype(np.float32)).all()
    return None if finite else NOT_FINITE


def _text_rows(
    path: Path, options: Mapping[str, Any], songs: Mapping[str, int], key: str, chosen: list[str], of: str
) -> Iterator[Row]:
    """Read delimited text; put the names of the columns of numbers into ``chosen`` before the first row."""
    lines = text_lines(path, options, key)
    header = read_header(lines, key, path)
    song, places = choose_columns(header, options, key, path, of)
    chosen += [header[place] for place in places]
    for line, text, found in lines:
        if any("\udc80" <= character <= "\udcff" for character in text):
            yield line, text, None, NOT_UTF8
        elif found is None:
            yield line, text, None, WRONG_QUOTES
        elif len(found) != len(header):
            yield line, text, None, WRONG_FIELDS
        else:
            song_id = found[song].strip(BLANKS)
            yield line, text, song_id, _numbers([found[place] for place in places]) if song_id in songs else ""


def _numbers(texts: Sequence[str]) -> Values:
    try:
        numbers = [float(text) for text in texts]
    except ValueError:
        return NO_NUMBER
    return NO_NUMBER if any("_" in text for text in texts) else numbers  # Python reads 1_0 as ten


def _parquet_rows(
    path: Path, options: Mapping[str, Any], songs: Mapping[str, int], key: str, chosen: list[str], of: str
) -> Iterator[Row]:
    """Read Parquet in batches; a line is a row, counted from 1. ``chosen`` as for text."""
    first, wanted = 1, pl.Series([*songs, ""]).implode()
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            song, places = _columns_of_numbers(file.schema_arrow, options, key, path, of)
            columns = [names[place] for place in places]
            chosen += columns
            for group in track(range(file.num_row_groups), f"{path}, row groups read"):
                for rows in file.iter_batches(BATCH_ROWS, [group], [names[song], *columns]):
                    part = pl.from_arrow(rows)
                    ids = part[names[song]].cast(pl.String).fill_null("").str.strip_chars(BLANKS)
                    ours = ids.is_in(wanted)
                    for song_id in ids.filter(~ours):
                        yield 0, "", song_id, []
                    lines = (np.flatnonzero(ours.to_numpy()) + first).tolist()
                    numbers = part.filter(ours).select(columns).rows()
                    for line, song_id, values in zip(lines, ids.filter(ours), numbers, strict=True):
                        yield line, _shown(song_id, values), song_id, _flat(values)
                    first += len(ids)
    except FileNotFoundError as error:
        raise InputError(f"{key}: there is no {path}") from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{key}: {path} is not a whole Parquet file ({error})") from error


def _columns_of_numbers(
    schema: pa.Schema, options: Mapping[str, Any], key: str, path: Path, of: str
) -> tuple[int, list[int]]:
    """Choose the columns and check their types: numbers, or lists of numbers. Without a choice, others are left out."""

    def numeric(kind: pa.DataType) -> bool:
        if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
            kind = kind.value_type
        return pa.types.is_integer(kind) or pa.types.is_floating(kind)

    song, places = choose_columns(schema.names, options, key, path, of)
    wrong = [schema.field(place) for place in places if not numeric(schema.field(place).type)]
    if wrong and options["columns"] is not None:
        raise InputError(f"{key}.columns: {wrong[0].name!r} of {path} holds {wrong[0].type}, not numbers")
    if len(wrong) == len(places):
        raise InputError(f"{key}: no column of {path} holds numbers or lists of them")
    return song, [place for place in places if schema.field(place) not in wrong]


def _flat(values: Sequence[Any]) -> Values:
    """Put numbers and lists of them in one row; a null is no number."""
    numbers: list[Any] = []
    for value in values:
        numbers += value if isinstance(value, list) else [value]
    if all(number is None for number in numbers):
        return NO_VALUE
    return NO_NUMBER if any(number is None for number in numbers) else numbers


def _shown(song_id: str, values: Sequence[Any], shown: int = 8) -> str:
    """A row as text: its id and first numbers, enough to find it."""
    first = [value[:shown] if isinstance(value, list) else value for value in values[:shown]]
    return "\t".join([song_id, *map(str, first)])


def shuffled(vectors: np.ndarray, seed: int) -> np.ndarray:
    """Shuffle the embeddings among the songs that have one: a control in which they say nothing about a song."""
    rows = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    dealt = vectors.copy()
    dealt[rows] = vectors[np.random.default_rng(seed).permutation(rows)]
    return dealt


def log_embeddings(found: Embeddings, key: str) -> None:
    """Log how many songs have an embedding, and how many rows are for other songs."""
    songs, width = found.vectors.shape
    with_one = int(np.isfinite(found.vectors).all(axis=1).sum())
    log.info(
        "%s: %s of %s songs have an embedding of %d numbers",
        key,
        f"{with_one:,}",
        f"{songs:,}",
        width,
        extra={"screen": True},
    )
    if with_one < songs:
        log.warning("%s: %s songs have no embedding and rank last", key, f"{songs - with_one:,}")
    if found.others:
        log.info("%s: %s rows are for songs that are not in the run", key, f"{found.others:,}")
