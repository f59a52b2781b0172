"""Where the columns of plays in delimited text are: by the header, or by the config's column numbers."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coldwave.errors import InputError
from coldwave.plays.columns import BLANKS, find_columns
from coldwave.plays.streams import BLOCK_BYTES, HEADER_BYTES, check_encoding, read_blocks, wide_encoding

COLUMNS = ("user", "song", "count", "time")  # that `plays.table` names
NAMES = ("artist", "title")  # that only the table of a data set names
CARRIAGE_RETURN = "carriage return within the line"  # perhaps the end of a line: to read it would be a guess
LINE_ENDS = r"Lines have to end in \n or \r\n: convert those that end in \r alone"


@dataclass(frozen=True)
class Layout:
    """Places of the user (None: all plays are of ``ME``), the song, the count (None: each line is one play) and the
    time among the fields, from 0.

    Where a data set names the artist or the title of songs, a song whose own field is empty goes by these.
    """

    user: int | None
    song: int
    count: int | None
    fields: int
    more_fields: bool  # whether a line may have more than ``fields``
    delimiter: str = "\t"
    quote: str | None = None
    time: int | None = None
    artist: int | None = None
    title: int | None = None

    @property
    def names(self) -> dict[str, int]:
        """The places of the artist and the title that are told."""
        return {name: place for name in NAMES if (place := getattr(self, name)) is not None}


def blocks_with_layout(
    path: Path, table: Mapping[str, Any], block_bytes: int = BLOCK_BYTES
) -> Iterator[tuple[Layout, bytes, str, int]]:
    """Read blocks of whole lines, laid out as the config's ``plays.table`` says, without the header.

    Yields
    ------
    The layout, the block, its encoding, and the number of lines skipped before the block.

    Raises
    ------
    InputError
        A setting is wrong, or columns are not in the header (a line each).
    """
    encoding, delimiter, quote = table.get("encoding", "utf-8"), table.get("delimiter", "\t"), table.get("quote")
    check_encoding(encoding, "plays.table.encoding")
    for key, character in (("delimiter", delimiter), ("quote", quote)):
        if character is not None and (len(character) != 1 or character in "\r\n\0"):
            raise InputError(f"plays.table.{key}: {character!r} is not one character")
    if delimiter == quote:
        raise InputError(f"plays.table.quote: {quote!r} is also plays.table.delimiter")
    layout = None if table.get("header", True) else _layout(table, None, path, delimiter, quote)
    taken = 0
    for block, block_encoding in read_blocks(path, encoding, block_bytes):
        while layout is None and block:  # the header is the first line that is not blank
            line, _, block = block.partition(b"\n")
            taken += 1
            if line.strip(b"\r"):
                layout = _layout(table, _header(line, block_encoding, path, delimiter, quote), path, delimiter, quote)
        if block:
            yield layout, block, block_encoding, taken
            taken = 0
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
    fields = split_fields(text, delimiter, quote)
    if fields is None:
        raise InputError(f"{path}: quotes in the header do not match: {text[:200]!r}")
    return [field.strip(BLANKS) for field in fields]


def _layout(
    table: Mapping[str, Any], header: list[str] | None, path: Path, delimiter: str, quote: str | None
) -> Layout:
    places = find_in_names(header, table, path)
    return Layout(
        **{"user": None, "count": None} | places,
        fields=len(header) if header is not None else table.get("fields", max(places.values()) + 1),
        more_fields=header is None and "fields" not in table,
        delimiter=delimiter,
        quote=quote,
    )


def find_in_names(names: list[str] | None, table: Mapping[str, Any], path: Path) -> dict[str, int]:
    """Find the columns that ``plays.table`` names: places of the song and, if any, user, count and time.

    ``names`` is None without a header.

    Raises
    ------
    InputError
        Some are missing (a line each), or two are the same.
    """
    given = {"user": "user", "song": "song"} | {name: table[name] for name in COLUMNS + NAMES if name in table}
    wanted = {name: column for name, column in given.items() if column is not None}
    places = find_columns([(f"plays.table.{name}", column) for name, column in wanted.items()], names, path)
    if len(set(places)) < len(places):
        *first, last = wanted
        raise InputError(f"plays.table: {', '.join(first)} and {last} must be different columns, not {wanted}")
    return dict(zip(wanted, places, strict=True))


def check_layout(path: Path, table: Mapping[str, Any]) -> None:
    """Look up the columns in the first lines of delimited text, as `blocks_with_layout` does.

    Without a header, a column must be among the fields of at least one of these lines.

    Raises
    ------
    InputError
        As `blocks_with_layout`.
    """
    layout, block, encoding, _ = next(blocks_with_layout(path, table, HEADER_BYTES), (None, b"", "", 0))
    if layout and layout.more_fields:
        lines = block.decode(encoding, "replace").split("\n")
        found = [split_fields(line.rstrip("\r"), layout.delimiter, layout.quote) for line in lines]
        widest = max((fields for fields in found if fields), key=len, default=[])
        if widest:
            find_in_names(widest, table, path)


def split_fields(text: str, delimiter: str, quote: str | None) -> list[str] | None:
    """Split one line, by the rules of CSV if it has the quoting character; None if its quotes do not match."""
    if not quote or quote not in text:
        return text.split(delimiter)
    try:
        skip = delimiter != " "
        return next(csv.reader([text], delimiter=delimiter, quotechar=quote, strict=True, skipinitialspace=skip))
    except csv.Error:
        return None
