"""A songs table in delimited text: its records, by the rules of CSV, and its columns."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from coldwave.errors import InputError
from coldwave.plays.columns import find_columns
from coldwave.plays.streams import HEADER_BYTES, read_blocks
from coldwave.plays.suffixes import delimiter_of

IDENTIFIERS = ("recording_mbid", "track_mbid", "isrc")
COLUMNS = ("song_id", "title", "artist", "album", "date", "tags", "audio", *IDENTIFIERS, "seconds")
BLOCK_BYTES = 1 << 20  # small, as each becomes a list of Python strings
NO_HEADER = "the songs table is empty, without even a header (plays.songs.path)"
LONGEST_RECORD = 10_000  # lines that one quoted text may span


def find_places(header: Sequence[str], options: Mapping[str, Any], path: Path) -> list[int | None]:
    """Find ``COLUMNS`` as the config's ``plays.songs`` says; None for one that is missing and not asked for.

    Raises
    ------
    InputError
        Columns that are asked for are missing (a line each), or the setting names unknown ones.
    """
    renamed = options.get("columns") or {}
    if unknown := sorted(set(renamed) - set(COLUMNS)):
        raise InputError(f"plays.songs.columns: {unknown[0]!r} is not one of {', '.join(COLUMNS)}")
    named = {name: renamed.get(name, name) for name in COLUMNS if name in renamed or name == "song_id"}
    wanted = [(f"plays.songs.columns.{name}", column) for name, column in named.items()]
    found = dict(zip(named, find_columns(wanted, header, path), strict=True))
    return [found[name] if name in found else header.index(name) if name in header else None for name in COLUMNS]


def records(
    path: Path, block_bytes: int = BLOCK_BYTES, options: Mapping[str, Any] | None = None
) -> Iterator[tuple[int, str, list[str] | csv.Error]]:
    """Read the records of delimited text, the header first: line, text, and the fields or the error.

    Blank lines are skipped. A quoted text may span lines. ``options`` may name ``delimiter`` (None: what a .csv or .tsv
    file has by its name) and ``quote`` (None: nothing is quoted), as ``plays.songs`` does.

    Raises
    ------
    InputError
        The file is something else or damaged, or a quote is not closed.
    """
    given = options or {}
    delimiter, quote = given.get("delimiter") or delimiter_of(path), given.get("quote", '"')
    if delimiter is None:
        raise InputError(
            f"{path}: a songs table is a .csv, .tsv, .json or .parquet file or a folder of audio (plays.songs.path); "
            "text of another name needs plays.songs.delimiter"
        )
    raw: list[str] = []  # lines of the record being read

    def lines() -> Iterator[str]:
        for block, _ in read_blocks(path, block_bytes=block_bytes):
            for line in io.StringIO(block.decode("utf-8", "surrogateescape"), newline=""):
                raw.append(line)
                if len(raw) > LONGEST_RECORD:
                    begun = reader.line_num + 1 - LONGEST_RECORD
                    raise InputError(f"{path}, line {begun}: a quote opened here is not closed in {len(raw):,} lines")
                yield line

    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    reader = csv.reader(lines(), delimiter=delimiter, quotechar=quote, quoting=quoting, strict=True)
    while True:
        line = reader.line_num + 1
        raw.clear()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if len(raw) > 1:
                raise InputError(
                    f"{path}, line {line}: a quote opened here is not closed properly ({error})"
                ) from error
            yield line, "".join(raw), error
            continue
        if row:
            yield line, "".join(raw), row


def header_of(row: Sequence[str]) -> list[str]:
    """The names of the columns, from the first record."""
    return [name.strip() for name in row]


def table_header(path: Path, options: Mapping[str, Any]) -> list[str]:
    """Read the names of the columns of a songs table: delimited text, JSON or Parquet.

    Raises
    ------
    InputError
        As `records`, or there is no header, or the JSON is none.
    OSError
        The file cannot be opened, or is not whole Parquet.
    """
    if path.suffix.lower() == ".parquet":  # what reads it and JSON is slow to import, and few songs tables are such
        import pyarrow
        from pyarrow.parquet import read_schema

        try:
            return read_schema(path).names
        except pyarrow.ArrowException as error:
            raise OSError(f"{path}: {error}") from error
    if path.suffix.lower() == ".json":
        from coldwave.plays.json_songs import json_header

        return json_header(path)
    rows = (row for _, _, row in records(path, HEADER_BYTES, options) if not isinstance(row, csv.Error))
    header = next(rows, None)
    if header is None:
        raise InputError(f"{path}: {NO_HEADER}")
    return header_of(header)


def options_of_tables(headers: Sequence[Sequence[str]], options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Make the options of each of several songs tables that are joined: ``columns`` name those that it has.

    A column that none of them has stays with the first, so that `find_places` says so there. All need ``song_id``.
    """
    renamed = options.get("columns") or {}
    found = [{field: name for field, name in renamed.items() if name in header} for header in headers]
    found[0] |= {field: name for field, name in renamed.items() if not any(field in columns for columns in found)}
    ids = {"song_id": renamed["song_id"]} if "song_id" in renamed else {}
    return [{**options, "columns": columns | ids} for columns in found]
