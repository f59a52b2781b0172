"""Read a file of plays, in any format, as pairs and rejected lines."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from coldwave.errors import InputError
from coldwave.plays.formats import FORMATS, Format
from coldwave.plays.pairs import Gatherer, Pairs
from coldwave.plays.rejections import log_rejected, refuse_flood, rejected_rows
from coldwave.plays.streams import BLOCK_BYTES
from coldwave.plays.tables import REJECTED

log = logging.getLogger(__name__)

HOPELESS = 100_000  # after so many rejected lines without a play, the settings are wrong, not the lines
SUM_TOO_LARGE = "sum of the pair's counts is too large"


def read_plays(
    source: Path,
    options: Mapping[str, Any],
    block_bytes: int = BLOCK_BYTES,
    before: float | None = None,
    threads: int = 1,
) -> tuple[Pairs, pl.DataFrame]:
    """Read the plays of ``source`` as the config's ``plays`` section (``format``, ``table``) says.

    ``before`` leaves out plays at that Unix second and later, which takes a column of times.

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
    if not source.exists():
        raise InputError(f"{source}: no such file or folder (plays.path)")
    for batch in _format(options).read(source, options.get("table") or {}, block_bytes, threads):
        good = batch if before is None else batch.filter(batch.time < before)
        told = (good.time, good.names) if before is None else ()  # the first reading tells of all plays
        gatherer.add(good.user, good.song, good.count, *told)
        if batch.rejected.height:
            rejected.append(batch.rejected)
            size += batch.rejected.estimated_size()
            refuse_flood(source, set_aside + batch.rejected.height, size)
        lines, blank = lines + batch.lines, blank + batch.blank
        set_aside += batch.rejected.height
        if not gatherer.rows and before is None and set_aside >= HOPELESS:
            break
    if not gatherer.rows:
        why = _why_no_play(source, options, pl.concat(rejected))
        late = "no play is earlier than the songs that are tested: check the times of plays, or lower split.test"
        raise InputError(why if before is None else f"{source}: {late}")
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
    if before is None:  # else they were said at the first reading
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


def _format(options: Mapping[str, Any]) -> Format:
    name = options.get("format", "taste_profile")
    if name not in FORMATS:
        raise InputError(f"plays.format: {name!r} is not one of {', '.join(FORMATS)}")
    return FORMATS[name]


def _why_no_play(source: Path, options: Mapping[str, Any], rejected: pl.DataFrame) -> str:
    """Say what is probably wrong with the settings if no line could be read."""
    if rejected.is_empty():
        return f"{source}: there is no play in it (plays.path): the file holds no line of data"
    reason, lines = rejected["reason"].value_counts(sort=True).row(0)
    example = rejected.filter(pl.col("reason") == reason)
    begin = (
        f"{source}: no play among the first {rejected.height:,} lines: {reason} in {lines:,} of them, "
        f"e.g. line {example['line'][0]}: {example['text'][0][:80]!r}"
    )
    advice = _format(options).advice(source, reason, example["text"].head(20).to_list(), options.get("table") or {})
    return f"{begin}. {advice}"
