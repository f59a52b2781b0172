"""Read histories, of one format or of several, as the listens that count as plays."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from coldwave.errors import InputError
from coldwave.histories.counting import add_dropped, count_dropped, count_plays
from coldwave.histories.formats import HISTORIES, recognise
from coldwave.histories.listens import LISTENS, Listens
from coldwave.histories.options import checked
from coldwave.histories.repeats import without_repeats
from coldwave.plays.tables import REJECTED

log = logging.getLogger(__name__)

HOPELESS = 100_000  # after so many lines set aside without a listen, the file is another one
_EVERY = 10.0  # seconds between lines of progress


def read_history(
    paths: Path | Sequence[Path], format: str | None = None, options: Mapping[str, Any] | None = None
) -> Iterator[Listens]:
    """Read one history, or several: batches of the listens that count as plays, and of what was set aside or dropped.

    Parameters
    ----------
    paths : files, folders or archives
    format : a key of ``HISTORIES``, of the first path; None, and that of the others: known by its content
    options : as `options.DEFAULTS`; what is not given has its default

    Raises
    ------
    InputError
        A path is missing, damaged, of no known format or given twice, none of its lines is a listen, or an option is
        wrong.
    """
    settings = checked(options or {})
    paths = [paths] if isinstance(paths, Path) else list(paths)
    if len({path.resolve() for path in paths}) < len(paths):
        raise InputError(f"{', '.join(map(str, paths))}: a history is given twice")
    formats = {path: format if format and path is paths[0] else _recognised(path) for path in paths}
    if unknown := sorted(set(formats.values()) - set(HISTORIES)):
        raise InputError(f"{unknown[0]!r} is no format of a history: they are {', '.join(HISTORIES)}")
    return _all(formats, settings)


def collect(batches: Iterable[Listens]) -> Listens:
    """Put batches together, for a history that fits in memory."""
    tables, rejected = [pl.DataFrame(schema=LISTENS)], [pl.DataFrame(schema=REJECTED)]
    dropped: dict[str, int] = {}
    for batch in batches:
        tables.append(batch.table)
        rejected.append(batch.rejected)
        dropped = add_dropped(dropped, batch.dropped)
    return Listens(pl.concat(tables), pl.concat(rejected), dropped)


def _all(formats: Mapping[Path, str], settings: Mapping[str, Any]) -> Iterator[Listens]:
    counted = (batch for path, name in formats.items() for batch in _said(path, name, settings))
    seconds = settings["repeats_within"]
    kept = set_aside = 0
    dropped: dict[str, int] = {}
    for batch in without_repeats(counted, seconds) if seconds else counted:
        kept, set_aside = kept + batch.table.height, set_aside + batch.rejected.height
        dropped = add_dropped(dropped, batch.dropped)
        yield batch
    log.info(
        "%s listens taken; dropped: %s; %s lines set aside",
        f"{kept:,}",
        count_dropped(dropped),
        f"{set_aside:,}",
        extra={"screen": True},
    )


def _said(path: Path, name: str, settings: Mapping[str, Any]) -> Iterator[Listens]:
    """Read one path, and if that fails, say which other format it looks like."""
    try:
        yield from _one(path, name, settings)
    except InputError as error:
        raise InputError(f"{error}{_guess(path, name)}") from error


def _one(path: Path, name: str, settings: Mapping[str, Any]) -> Iterator[Listens]:
    """Read one path, and refuse it where none of its lines is a listen."""
    found = left_out = set_aside = 0
    example: pl.DataFrame | None = None
    last = time.monotonic()
    for batch in HISTORIES[name].read(path, settings):
        table, dropped = count_plays(batch.table, settings)
        outside = batch.table["left_out"].count()
        found, left_out = found + batch.table.height - outside, left_out + outside
        set_aside += batch.rejected.height
        if example is None and batch.rejected.height:
            example = batch.rejected
        if not found and set_aside >= HOPELESS:
            break
        yield Listens(table, batch.rejected, dropped)
        if time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            log.info("%s: %s listens so far", path, f"{found:,}")
    if not found:
        raise InputError(f"{path}: no listen in it, read as {name} ({HISTORIES[name].words}){_why(left_out, example)}")
    log.info("%s: %s, %s listens", path, name, f"{found:,}")


def _why(left_out: int, example: pl.DataFrame | None) -> str:
    others = f"; {left_out:,} records are not music or without a time" if left_out else ""
    if example is None:
        return others or ": the file holds no line of data"
    reason = example["reason"].value_counts(sort=True)["reason"][0]
    source, line, _, text = example.filter(pl.col("reason") == reason).row(0)
    return f"{others}: {reason}, e.g. {source}, line {line}: {text[:80]!r}"


def _guess(path: Path, name: str) -> str:
    try:
        other = recognise(path)
    except InputError:
        return ""
    return f". It looks like {other}: write plays.format: {other}" if other not in (None, name) else ""


def _recognised(path: Path) -> str:
    name = recognise(path)
    if name is None:
        known = "; ".join(f"{name}: {history.words}" for name, history in HISTORIES.items())
        raise InputError(f"{path}: not a history of listens that is known. Known are {known}")
    return name
