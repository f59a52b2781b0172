"""A file of plays, in any format that is read, as pairs and rejected lines."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from coldwave.errors import InputError
from coldwave.plays.batches import Batch
from coldwave.plays.delimited import CARRIAGE_RETURN, LINE_ENDS, WRONG_FIELDS, read_delimited, read_triplets
from coldwave.plays.pairs import Gatherer, Pairs
from coldwave.plays.parquet import is_parquet, read_parquet_plays
from coldwave.plays.rejections import log_rejected, refuse_flood, rejected_rows
from coldwave.plays.streams import BLOCK_BYTES, wide_encoding
from coldwave.plays.tables import REJECTED

log = logging.getLogger(__name__)

HOPELESS = 100_000  # rejected lines without a single play between them: the settings are wrong, not the lines
SUM_TOO_LARGE = "sum of the pair's counts is too large"


def read_plays(source: Path, options: Mapping[str, Any], block_bytes: int = BLOCK_BYTES) -> tuple[Pairs, pl.DataFrame]:
    """Read the plays of ``source`` as the config's ``plays`` section (``format``, ``table``) says.

    Returns
    -------
    Pairs
        The sum of counts of each pair of a user and a song.
    DataFrame
        The rejected lines, as in ``tables.REJECTED``.

    Raises
    ------
    InputError
        The file or a setting is wrong, or no line of the file is a play.
    """
    gatherer, rejected = Gatherer(), [pl.DataFrame(schema=REJECTED)]
    lines = blank = set_aside = size = 0
    for batch in _batches(source, options, block_bytes):
        gatherer.add(batch.plays)
        if batch.rejected.height:
            rejected.append(batch.rejected)
            size += batch.rejected.estimated_size()
            refuse_flood(source, set_aside + batch.rejected.height, size)
        lines, blank = lines + batch.lines, blank + batch.blank
        set_aside += batch.rejected.height
        if not gatherer.rows and set_aside >= HOPELESS:
            break
    if not gatherer.rows:
        raise InputError(_why_no_play(source, options, pl.concat(rejected)))
    plays = gatherer.rows
    log.info(
        "%s: %s lines: %s plays read, %s set aside, %s blank",
        source,
        *(f"{n:,}" for n in (lines, plays, set_aside, blank)),
        extra={"screen": True},
    )
    pairs, too_many = gatherer.pairs()
    rows = ((None, SUM_TOO_LARGE, "\t".join(map(str, row))) for row in too_many.iter_rows())
    table = pl.concat([*rejected, rejected_rows(str(source), rows)])
    log_rejected(table)
    repeated = plays - len(pairs.user) - too_many.height
    sizes = len(pairs.user), len(pairs.user_ids), len(pairs.song_ids), int(pairs.count.sum(dtype="u8")), repeated
    log.info(
        "%s pairs of %s users and %s songs, %s plays in all; %s lines repeated a pair and were added to it",
        *(f"{n:,}" for n in sizes),
    )
    if not len(pairs.user):
        raise InputError(f"{source}: no play is left: {SUM_TOO_LARGE} for every pair")
    return pairs, table


def _batches(source: Path, options: Mapping[str, Any], block_bytes: int) -> Iterator[Batch]:
    kind = options.get("format", "taste_profile")
    if not source.exists():
        raise InputError(f"{source}: no such file or folder (plays.path)")
    if kind == "table":
        if is_parquet(source):
            return read_parquet_plays(source, options["table"])
        return read_delimited(source, options["table"], block_bytes)
    if kind != "taste_profile":
        raise InputError(f"plays.format: {kind!r} is not one of taste_profile, table")
    if is_parquet(source):
        raise InputError(f"{source}: a folder and Parquet are read by plays.format: table, not taste_profile")
    return read_triplets(source, block_bytes)


def _why_no_play(source: Path, options: Mapping[str, Any], rejected: pl.DataFrame) -> str:
    """Say what is probably wrong with the settings where no line could be read."""
    if rejected.is_empty():
        return f"{source}: there is no play in it (plays.path): the file holds no line of data"
    reason, lines = rejected["reason"].value_counts(sort=True).row(0)
    example = rejected.filter(pl.col("reason") == reason)
    begin = (
        f"{source}: no play among the first {rejected.height:,} lines: {reason} in {lines:,} of them, "
        f"e.g. line {example['line'][0]}: {example['text'][0][:80]!r}"
    )
    return f"{begin}. {_advice(source, reason, example['text'].head(20).to_list(), options)}"


def _advice(source: Path, reason: str, texts: list[str], options: Mapping[str, Any]) -> str:
    triplets = options.get("format", "taste_profile") == "taste_profile"
    if wide := wide_encoding(source):
        table = "plays.format: table and " if triplets else ""
        return f"The file begins as {wide} text does: set {table}plays.table.encoding: {wide}"
    if reason == CARRIAGE_RETURN:
        return LINE_ENDS
    if reason.startswith("not valid"):
        if triplets:
            return (
                "Taste Profile triplets are in UTF-8; plays.format: table reads other encodings (plays.table.encoding)"
            )
        return "Is plays.table.encoding right?"
    if reason == WRONG_FIELDS:
        used = "\t" if triplets else options["table"].get("delimiter", "\t")
        likely = [mark for mark in ("\t", ",", ";", "|", " ") if mark != used and all(mark in text for text in texts)]
        if triplets and not likely:
            return "Taste Profile triplets are user TAB song TAB count; plays.format: table reads other layouts"
        if triplets:
            return (
                f"The fields look separated by {likely[0]!r}, not by a TAB: set plays.format: table and "
                f"plays.table.delimiter: {_yaml(likely[0])}"
            )
        if likely:
            return (
                f"The fields look separated by {likely[0]!r}, not by {used!r}: set plays.table.delimiter: "
                f"{_yaml(likely[0])}"
            )
        return "Are plays.table.delimiter and plays.table.header right?"
    if reason.startswith("count"):
        if triplets:
            return "Taste Profile triplets are user TAB song TAB count; plays.format: table reads other layouts"
        return "Is plays.table.count the column of the play counts?"
    return "Are the columns of plays.table right?"


def _yaml(delimiter: str) -> str:
    return '"\\t"' if delimiter == "\t" else f'"{delimiter}"'
