"""Listens: who played which song, and when, as histories say it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from coldwave.histories.values import NotAListen
from coldwave.plays.rejections import rejected_rows
from coldwave.plays.tables import REJECTED

LISTENS = {
    "source": pl.String,  # the file, and its part where it has several
    "line": pl.UInt64,  # or the record's number, from 1
    "user_id": pl.String,  # null where the file does not say
    "time": pl.Float64,  # Unix seconds at which the song began, as far as the file tells; null where unknown
    "artist": pl.String,
    "title": pl.String,
    "album": pl.String,
    "recording_mbid": pl.String,
    "mapped_mbid": pl.String,  # ListenBrainz's own guess of the recording
    "isrc": pl.String,
    "duration": pl.Float64,  # seconds of the song
    "played": pl.Float64,  # seconds of it that were played
    "count": pl.UInt32,  # 1, but for sources of counts
    "path": pl.String,
}
# What a format says beside a listen, for the rules of what counts as a play
MARKS = {
    "left_out": pl.String,  # why it is none, whatever the settings
    "incognito": pl.Boolean,
    "whole": pl.Boolean,  # it was played to its end
}

NO_ARTIST = "no artist"
NO_TITLE = "no title"
NOT_MUSIC = "not music"
PLAYING_NOW = "playing now, so without a time"
BATCH_ROWS = 50_000

Record = tuple[int, str | None, Any]  # line, its text (None: the record itself), the record or why it is none


@dataclass(frozen=True)
class Batch:
    """Some lines of one source as a format reads them: ``table`` has the columns of ``LISTENS`` and ``MARKS``."""

    table: pl.DataFrame
    rejected: pl.DataFrame


@dataclass(frozen=True)
class Listens:
    """Listens that count as plays, the lines set aside, and the number of listens dropped for each reason."""

    table: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LISTENS))
    rejected: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTED))
    dropped: Mapping[str, int] = field(default_factory=dict)


def gather(source: str, records: Iterable[Record], listen: Callable[[Any], dict[str, Any]]) -> Iterator[Batch]:
    """Make batches of the listens that ``listen`` finds in records: columns that it does not name are null.

    ``listen`` raises NotAListen where a record is none; so does a record that is itself a NotAListen.
    """
    rows: list[dict[str, Any]] = []
    bad: list[tuple[int, str, str]] = []
    for line, text, record in records:
        try:
            if isinstance(record, NotAListen):
                raise record
            row = listen(record)
            if not row.get("left_out"):
                if not row.get("artist"):
                    raise NotAListen(NO_ARTIST)
                if not row.get("title"):
                    raise NotAListen(NO_TITLE)
            row["line"] = line
            rows.append(row)
        except NotAListen as reason:
            bad.append((line, str(reason), _as_text(record) if text is None else text))
        if len(rows) + len(bad) >= BATCH_ROWS:
            yield _batch(source, rows, bad)
            rows, bad = [], []
    if rows or bad:
        yield _batch(source, rows, bad)


def _as_text(record: Any) -> str:
    return json.dumps(record, ensure_ascii=False, default=str)  # a database may hold bytes


def _batch(source: str, rows: list[dict[str, Any]], bad: list[tuple[int, str, str]]) -> Batch:
    defaults = {"source": source, "count": 1}
    columns = {
        name: pl.Series(name, [row.get(name, defaults.get(name)) for row in rows], dtype=dtype)
        for name, dtype in (LISTENS | MARKS).items()
    }
    return Batch(pl.DataFrame(columns), rejected_rows(source, bad))
