"""Inspect a file of plays, or a folder of Parquet: triplets, or a table of any layout."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from coldwave.inspection.delimited import Delimited
from coldwave.inspection.findings import LINES, Inspection
from coldwave.inspection.names import COUNT, PLAYED, TIME, USER, column_of
from coldwave.plays.formats import FORMATS

BLOCK_BYTES = 1 << 20

SONGS_TOO = "inspect the songs too (a folder of audio, or a table): their `plays.songs` goes below this `plays`"
SONGS_OR_NONE = f"{SONGS_TOO}. Without names and audio, `songs: {{path: null}}` goes there"
BY_PLACE = "there is no header: columns are taken by their place. Compare them with the preview"
EACH_ROW = "there is no column of counts: each row is one play"


def columns_of_plays(header: Sequence[str]) -> dict[str, str | None] | None:
    """Find the columns that ``plays.table`` names by their names; None without those of the user and the song."""
    user, song = column_of(USER, header), column_of(PLAYED, header)
    if user is None or song is None:
        return None
    time = column_of(TIME, header)
    columns = {"user": user, "song": song, "count": column_of(COUNT, header)}
    return columns if time is None else columns | {"time": time}


def settings_of_text(layout: Delimited) -> dict[str, Any] | None:
    """Find how ``plays`` reads delimited text: ``format`` and ``table``; None where it does not look like plays.

    Without a header, the first two columns have to be texts or ids and the last one whole numbers above 0; in between
    there may be texts, such as the name of what was played.
    """
    how = {"header": layout.header is not None, "delimiter": layout.delimiter}
    how |= {"quote": layout.quote} if layout.quote else {}
    how |= {"encoding": layout.encoding} if layout.encoding != "utf-8" else {}
    if layout.header is not None:
        columns = columns_of_plays(layout.header)
        return columns and {"format": "table", "table": columns | how}
    user, song, *between, count = zip(*layout.rows, strict=True) if len(layout.rows[0]) > 2 else ([""], [""], [""])
    if not (all(user) and any(song) and all(text.isdecimal() and int(text) for text in count)):
        return None
    if any(text.replace(".", "").isdecimal() for column in between for text in column):
        return None
    if not between and how == {"header": False, "delimiter": "\t"}:
        return {"format": "taste_profile"}
    return {"format": "table", "table": {"user": 1, "song": 2, "count": len(layout.rows[0])} | how}


def inspect_plays(
    path: Path, settings: Mapping[str, Any], columns: Sequence[str], preview: Sequence[Sequence[str]]
) -> Inspection | None:
    """Read the beginning of a file of plays as a run would, and count; None if no line of it is a play.

    ``settings`` are ``format`` and ``table`` of the config's ``plays``.

    Raises
    ------
    InputError
        As the reader of that format.
    """
    read, table = FORMATS[settings["format"]], settings.get("table") or {}
    lines = plays = set_aside = 0
    users, songs, reasons = pl.Series(dtype=pl.String), pl.Series(dtype=pl.String), []
    batches, whole = read.read(path, table, BLOCK_BYTES), True
    for batch in batches:
        lines += batch.lines - batch.blank
        plays += int(batch.plays["count"].sum())
        set_aside += batch.rejected.height
        reasons.append(batch.rejected)
        users = pl.concat([users, batch.plays["user_id"].cast(pl.String)]).unique()
        songs = pl.concat([songs, batch.plays["song_id"].cast(pl.String)]).unique()
        if lines >= LINES:
            whole = next(batches, None) is None
            break
    if not plays:
        return None
    notes = [SONGS_OR_NONE]
    notes += [EACH_ROW] if settings["format"] == "table" and table.get("count") is None else []
    notes += [BY_PLACE] if table.get("header") is False else []
    if set_aside:
        told = pl.concat(reasons)["reason"].value_counts(sort=True)
        notes += [f"{set_aside:,} lines would be set aside, most of them for: {told['reason'][0]}"]
    return Inspection(
        path,
        "plays",
        f"plays: {read.words}",
        {"lines": lines, "users": len(users), "songs": len(songs), "plays": plays, "set aside": set_aside},
        whole,
        list(columns),
        [list(row) for row in preview],
        {"world": None, "plays": {"path": str(path), **settings}},
        notes,
    )
