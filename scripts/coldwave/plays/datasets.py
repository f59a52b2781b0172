"""Public data sets of listening that ``plays.format`` knows by name: where their columns are.

A row says all of a data set that is delimited text. One that is written in another way has no layouts here and a reader
of its own in ``coldwave.plays.formats``. This module stays small: the workflow reads it before it plans anything.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from coldwave.errors import InputError
from coldwave.plays.columns import BLANKS
from coldwave.plays.streams import HEADER_BYTES, read_blocks

Columns = Mapping[str, Any]  # as the config's `plays.table`, and what only data sets need


class DataSet(NamedTuple):
    """What a data set holds, in ``words``; ``timed``: whether each play may have its time.

    ``layouts`` are how its files are written, by column names, or numbers from 1 where there is no header. TAB is
    between the columns, nothing is quoted, and the text is UTF-8. Beside the keys of ``plays.table``, ``fields`` is how
    many columns there are without a header, and ``artist`` and ``title`` name a song. They are its id, too, where
    the column of the song is empty. ``looks`` is a regular expression that a line of data fits from its beginning: by
    it and the header a file is known.
    """

    words: str
    timed: bool = False
    layouts: tuple[Columns, ...] = ()
    looks: str = ""


_TRACK_COUNTS = {"user": "user_id", "song": "track_id", "count": "count"}
_TRACK_EVENTS = {"user": "user_id", "song": "track_id", "time": "timestamp"}
DATA_SETS = {
    "lastfm_1k": DataSet(
        "Last.fm 1K: listening events, with the names of songs",
        timed=True,
        layouts=({"user": 1, "time": 2, "artist": 4, "song": 5, "title": 6, "fields": 6},),
        looks=r"user_\d+\t\d{4}-\d\d-\d\dT[\d:]+Z\t",
    ),
    "lastfm_360k": DataSet(
        "Last.fm 360K: play counts of artists",
        layouts=({"user": 1, "song": 2, "artist": 3, "count": 4, "fields": 4},),
        looks=r"[0-9a-f]{40}\t([0-9a-f-]{36})?\t[^\t]*\t",
    ),
    "lfm_1b": DataSet(
        "LFM-1b: listening events",
        timed=True,
        layouts=({"user": 1, "song": 4, "time": 5, "fields": 5},),
        looks=r"(\d+\t){4}1\d{9}$",
    ),
    "lfm_2b": DataSet(
        "LFM-2b: listening events or play counts",
        timed=True,
        layouts=(_TRACK_COUNTS, _TRACK_EVENTS),
        looks=r"\d+\t\d+\t",
    ),
    "hetrec_lastfm": DataSet(
        "HetRec 2011 Last.fm: play counts of artists",
        layouts=({"user": "userID", "song": "artistID", "count": "weight"},),
        looks=r"\d+\t\d+\t\d+$",
    ),
    "music4all": DataSet(
        "Music4All: listening events",
        timed=True,
        layouts=({"user": "user", "song": "song", "time": "timestamp"},),
        looks=r"\w+\t\w{16}\t",
    ),
    "music4all_onion": DataSet(
        "Music4All-Onion: listening events or play counts",
        timed=True,
        layouts=(_TRACK_COUNTS, _TRACK_EVENTS),
        looks=r"\w+\t\w{16}\t",
    ),
    "mlhd": DataSet("MLHD+: a file of listening events for each user", timed=True),
    "melon": DataSet("Melon Playlist Dataset: playlists in JSON"),
    "yambda": DataSet("Yambda: listening events in Parquet", timed=True),
}
_COLUMNS = ("user", "song", "count", "time", "artist", "title")


def table_of(name: str, path: Path, times: bool) -> dict[str, Any]:
    """Say how a file of a data set is read, as ``plays.table`` would; its first line tells which layout it has.

    ``times`` is whether the times of plays are read.

    Raises
    ------
    InputError
        The file has none of the layouts, or no times where they are wanted, or cannot be read.
    """
    if path.is_dir():
        raise InputError(f"{path}: a folder, but plays.format: {name} reads one file (plays.path)")
    block, encoding = next(read_blocks(path, "utf-8", HEADER_BYTES), (b"", "utf-8"))
    lines = (line.rstrip("\r") for line in block.decode(encoding, "replace").split("\n"))
    first, layouts = _fields(next(filter(None, lines), "")), DATA_SETS[name].layouts
    found = next((layout for layout in layouts if _fits(layout, first)), None)
    if found is None:
        expected = " or ".join(map(_described, layouts))
        raise InputError(
            f"{path}: plays.format: {name} expects {expected}, separated by TABs, but the first line has "
            f"{len(first)} columns: {', '.join(map(repr, first[:10]))}"
        )
    if times and "time" not in found:
        raise InputError(
            f"{path}: it holds play counts without times, which split.by needs here: name the file of listening events "
            "(plays.path), or split by song"
        )
    read = {"count": None, "header": "fields" not in found, **found}
    return read if times else {key: value for key, value in read.items() if key != "time"}


def data_set_of(lines: Sequence[str], agreeing: float = 0.8) -> str | None:
    """Name the data set whose file begins with these lines, of which that share fits; None if there is none."""
    for name, data_set in DATA_SETS.items():
        layout = next((layout for layout in data_set.layouts if lines and _fits(layout, _fields(lines[0]))), None)
        data = lines if layout and "fields" in layout else lines[1:]
        if layout and data and sum(bool(re.match(data_set.looks, line)) for line in data) >= agreeing * len(data):
            return name
    return None


def _fields(line: str) -> list[str]:
    return [field.strip(BLANKS) for field in line.split("\t")]


def _fits(layout: Columns, first: list[str]) -> bool:
    if "fields" in layout:
        return len(first) == layout["fields"]
    return all(layout[name] in first for name in _COLUMNS if name in layout)


def _described(layout: Columns) -> str:
    if "fields" in layout:
        return f"{layout['fields']} columns without a header"
    return "a header with " + ", ".join(str(layout[name]) for name in _COLUMNS if name in layout)
