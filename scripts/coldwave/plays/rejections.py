"""Rejected lines: their table, their summary in the log, and what ``plays.strict`` does."""

import logging
import re
from collections.abc import Iterable

import polars as pl

from coldwave.errors import InputError
from coldwave.plays.tables import REJECTED

log = logging.getLogger(__name__)

TEXT_LENGTH = 500  # characters kept of a rejected line
MOST_BYTES = 1 << 29  # of rejected lines, which are kept in memory
MOST_ROWS = 1_000_000  # the same, for lines kept as Python objects

_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # of a pair of surrogates, as cut names in JSON have


def rejected_rows(source: str, rows: Iterable[tuple[int | None, str, str]]) -> pl.DataFrame:
    """Make the table of rejected lines of one source from (line, reason, text)."""
    rows = [(source, line, reason, readable(text)) for line, reason, text in rows]
    return pl.DataFrame(rows, schema=REJECTED, orient="row")


def readable(text: str) -> str:
    """Cut a text to its kept length, and replace undecodable bytes (surrogate escapes) and halves of characters."""
    text = _HALVES.sub("\ufffd", text[:TEXT_LENGTH])
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def refuse_flood(source: object, lines: int, size: int = 0) -> None:
    """Stop if so many lines are set aside that the file is probably the wrong one.

    Parameters
    ----------
    lines : set aside so far
    size : bytes that they take; 0 to limit the number of lines instead

    Raises
    ------
    InputError
        They are too many to be kept in memory.
    """
    if size > MOST_BYTES or (not size and lines > MOST_ROWS):
        raise InputError(f"{source}: {lines:,} lines are malformed so far: is this the right file?")


def log_rejected(rejected: pl.DataFrame) -> None:
    """Log how many lines were set aside for each reason, with the first of them."""
    first = pl.col("source", "line", "text").first()
    groups = rejected.group_by("reason", maintain_order=True).agg(pl.len().alias("lines"), first)
    for reason, lines, source, line, text in groups.iter_rows():
        log.warning("set aside %s: %s, e.g. %s", f"{lines:,}", reason, _quoted(source, line, text))


def refuse_rejected(rejected: pl.DataFrame, shown: int = 5) -> None:
    """Refuse any rejected line: what ``plays.strict`` asks for.

    Raises
    ------
    InputError
        Something was set aside; the first lines are named.
    """
    if rejected.is_empty():
        return
    rows = rejected.head(shown).iter_rows()
    first = "; ".join(f"{reason}: {_quoted(source, line, text)}" for source, line, reason, text in rows)
    more = ", the first of them" if rejected.height > shown else ""
    raise InputError(
        f"plays.strict is true and {rejected.height:,} lines are malformed{more}: {first}. "
        "Fix them, or set plays.strict: false to set them aside"
    )


def _quoted(source: str, line: int | None, text: str) -> str:
    where = source if line is None else f"{source}, line {line}"
    return f"{where}: {text[:80]!r}" if text != source else where
