"""Text histories line by line, and the records of delimited text, in which a quoted name may go on over lines."""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from coldwave.errors import InputError
from coldwave.histories.members import HEAD_BYTES
from coldwave.histories.values import NotAListen

LONGEST_LINE = 1 << 26  # characters
LINES_IN_RECORD = 20  # more line feeds than that are in no name: the quote was left open
WRONG_FIELDS = "wrong number of fields"
WRONG_QUOTES = "quotes do not match"

_OPEN = "unexpected end of data"  # what csv says of a quote that is not closed


def text_lines(stream: BinaryIO, name: str, encoding: str = "utf-8") -> Iterator[str]:
    """Yield lines with their ends. Bytes that are not text become surrogates, so that they spoil only their line.

    Raises
    ------
    InputError
        A line does not end, or the text is not valid in an encoding such as UTF-16, or the encoding is unknown.
    """
    encoding = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
    try:
        with io.TextIOWrapper(stream, encoding, "surrogateescape", newline="\n") as text:
            while line := text.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE:
                    raise InputError(f"{name}: no end of line within {LONGEST_LINE:,} characters: not a text file")
                yield line
    except (LookupError, UnicodeError) as error:
        raise InputError(f"{name}: not valid {encoding} ({error}); set encoding") from error


def head_lines(head: bytes) -> list[str]:
    """Return the whole lines among a file's first bytes, without their ends."""
    lines = head.decode("utf-8-sig", "surrogateescape").split("\n")
    if len(lines) > 1 and (len(head) >= HEAD_BYTES or not lines[-1]):
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def fields_of(
    lines: Iterable[str], delimiter: str, width: int | None = None
) -> Iterator[tuple[int, str, list[str] | NotAListen]]:
    """Yield records of delimited text: line, text, fields or why there are none. Blank lines are skipped.

    A line whose quotes do not match is taken as it stands if it has ``width`` fields, as many programs write quotes
    within names without a rule. A quote that is left open spoils only its line.
    """
    source, waiting, number = iter(lines), deque[str](), 1
    while (line := waiting.popleft() if waiting else next(source, None)) is not None:
        text, raw = line, [line]
        fields, left_open = _split(raw, delimiter)
        while left_open and len(raw) < LINES_IN_RECORD:
            more = waiting.popleft() if waiting else next(source, None)
            if more is None:
                break
            raw.append(more)
            if '"' in more:
                fields, left_open = _split(raw, delimiter)
        if len(raw) > 1 and (fields is None or len(fields) != (width or len(fields))):
            waiting.extendleft(reversed(raw[1:]))
            raw, fields = raw[:1], None
        text = "".join(raw).rstrip("\r\n")
        if width and (fields is None or len(fields) != width) and text.count(delimiter) == width - 1:
            fields = text.split(delimiter)
        if fields is None:
            yield number, text, NotAListen(WRONG_QUOTES)
        elif text.strip():
            yield number, text, fields if len(fields) == (width or len(fields)) else NotAListen(WRONG_FIELDS)
        number += len(raw)


def _split(raw: list[str], delimiter: str) -> tuple[list[str] | None, bool]:
    """Return the fields of a record's lines, or None; and whether a quote in them is left open."""
    if len(raw) == 1 and '"' not in raw[0]:
        return raw[0].rstrip("\r\n").split(delimiter), False
    try:
        return next(csv.reader(raw, delimiter=delimiter, strict=True)), False
    except csv.Error as error:
        return None, _OPEN in str(error)
