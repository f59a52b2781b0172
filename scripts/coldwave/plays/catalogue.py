"""The songs table: a manifest (CSV, TSV, JSON, Parquet) or a folder of audio files."""

import csv
import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from coldwave.errors import InputError
from coldwave.plays.audio_folder import read_folder
from coldwave.plays.audio_paths import AudioRoot
from coldwave.plays.audio_pattern import path_of
from coldwave.plays.columns import BLANKS
from coldwave.plays.dates import release_date
from coldwave.plays.joined import Row, filled, first_rows
from coldwave.plays.json_songs import json_songs
from coldwave.plays.manifest import (
    COLUMNS,
    NO_HEADER,
    find_places,
    header_of,
    options_of_tables,
    records,
    table_header,
)
from coldwave.plays.rejections import TEXT_LENGTH, refuse_flood, rejected_rows
from coldwave.plays.tags import tags_of

log = logging.getLogger(__name__)

CATALOGUE = dict.fromkeys(COLUMNS, pl.String) | {"tags": pl.List(pl.String), "seconds": pl.Float64}

EMPTY_ID = "empty song id"
DUPLICATE = "song id occurs before"
NUL = "NUL byte"
OUTSIDE = "audio lies outside plays.songs.audio_root (null: the manifest's folder); the song is kept without it"
NO_NUMBER = "plays.songs.audio_pattern divides the id, which is no whole number; the song is kept without audio"
NO_DATE = "date is not YYYY, YYYY-MM, YYYY-MM-DD or YYYYMMDD; the song is kept without it"
NO_SECONDS = "seconds is not a positive number; the song is kept without it"
UNKNOWN_YEARS = ("0", "0000", "0.0", "00000000")  # how the Million Song Dataset and others write an unknown year

Rejected = tuple[int | None, str, str]  # line, reason, text


def read_catalogue(
    path: Path, options: Mapping[str, Any], threads: int = 1, also: Sequence[Path] = ()
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the songs table as the config's ``plays.songs`` says; tables ``also`` fill in what it lacks, by song id.

    Returns
    -------
    DataFrame
        The songs, as in ``CATALOGUE``: unique ids, in the order of the file. Empty texts are null, tags never.
    DataFrame
        The rejected rows, as in ``tables.REJECTED``: without an id, with a repeated one (the first is kept), or with
        another number of fields than the header. Also rows whose audio lies outside its root, or whose date or
        number of seconds is none; their songs are kept without it.

    Raises
    ------
    InputError
        The file or a setting is wrong, or there is no song in it.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder (plays.songs.path)")
    rejected: list[Rejected] = []
    others: list[pl.DataFrame] = []
    if path.is_dir():
        songs, rejected = read_folder(path, options.get("id_from", "path"), threads)
        rows: Iterable[Row] = ((None, song["audio"], list(song.values())) for song in songs)
        locate = None
    else:
        tables = [path, *also]
        each = options_of_tables([table_header(one, options) for one in tables], options) if also else [options]
        rows = _rows(path, each[0], rejected)
        for other, settings in zip(also, each[1:], strict=True):
            set_aside: list[Rejected] = []
            rows = filled(rows, first_rows(_rows(other, settings, set_aside)))
            others.append(rejected_rows(str(other), set_aside))
        locate = AudioRoot(Path(options.get("audio_root") or path.parent)).locate
    kept: dict[str, list[Any]] = {}
    for line, text, (song_id, title, artist, album, date, tags, audio, *identifiers, length) in rows:
        song_id = "" if song_id is None else str(song_id).strip(BLANKS)
        refuse_flood(path, len(rejected))
        if "\0" in text:
            rejected.append((line, NUL, text[:TEXT_LENGTH]))
        elif not song_id:
            rejected.append((line, EMPTY_ID, text[:TEXT_LENGTH]))
        elif song_id in kept:
            rejected.append((line, DUPLICATE, text[:TEXT_LENGTH]))
        else:
            audio = _text(audio)
            if locate and (pattern := options.get("audio_pattern")):
                audio = path_of(pattern, song_id)
                if audio is None:
                    rejected.append((line, NO_NUMBER, text[:TEXT_LENGTH]))
            if audio and locate:
                audio = locate(audio)
                if audio is None:
                    rejected.append((line, OUTSIDE, text[:TEXT_LENGTH]))
            date = _text(date)
            if date and not (known := release_date(date)):
                if date not in UNKNOWN_YEARS:
                    rejected.append((line, NO_DATE, text[:TEXT_LENGTH]))
                date = None
            elif date:
                date = known
            seconds = _seconds(length)
            if seconds is None and _text(length):
                rejected.append((line, NO_SECONDS, text[:TEXT_LENGTH]))
            texts = (_text(title), _text(artist), _text(album), date)
            labels = tags_of(tags, options.get("tag_separator"))
            kept[song_id] = [song_id, *texts, labels, audio, *map(_text, identifiers), seconds]
    if not kept:
        first = f"; {len(rejected):,} rows were set aside, the first for: {rejected[0][1]}" if rejected else ""
        raise InputError(f"{path}: there is no song in the songs table (plays.songs.path){first}")
    table = pl.DataFrame(list(kept.values()), schema=CATALOGUE, orient="row")
    return table, pl.concat([rejected_rows(str(path), rejected), *others])


def _text(value: Any) -> str | None:
    if isinstance(value, list):  # of names, such as a song's artists
        value = ", ".join(text for item in value if (text := _text(item)))
    return None if value is None else str(value).strip() or None


def _seconds(value: Any) -> float | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if 0 < seconds < math.inf else None


def _rows(path: Path, options: Mapping[str, Any], rejected: list[Rejected]) -> Iterator[Row]:
    read = {".parquet": _parquet_rows, ".json": _json_rows}.get(path.suffix.lower(), _text_rows)
    return read(path, options, rejected)


def _places(header: Sequence[str], options: Mapping[str, Any], path: Path) -> list[int | None]:
    places = find_places(header, options, path)
    if ignored := [name for place, name in enumerate(header) if place not in places]:
        log.info("%s: columns not used: %s", path, ", ".join(ignored), extra={"screen": True})
    return places


def _text_rows(path: Path, options: Mapping[str, Any], rejected: list[Rejected]) -> Iterator[Row]:
    places: list[int | None] = []
    fields = 0
    for line, text, row in records(path, options=options):
        refuse_flood(path, len(rejected))
        if isinstance(row, csv.Error):
            rejected.append((line, f"not valid CSV: {row}", text[:TEXT_LENGTH]))
        elif not places:
            places, fields = _places(header_of(row), options, path), len(row)
        elif len(row) != fields:
            rejected.append((line, "wrong number of fields", text.rstrip("\r\n")[:TEXT_LENGTH]))
        elif any("\udc80" <= character <= "\udcff" for character in text):
            rejected.append((line, "not valid utf-8", text.rstrip("\r\n")[:TEXT_LENGTH]))
        else:
            yield line, text.rstrip("\r\n"), [None if place is None else row[place] for place in places]
    if not places:
        raise InputError(f"{path}: {NO_HEADER}")


def _json_rows(path: Path, options: Mapping[str, Any], rejected: list[Rejected]) -> Iterator[Row]:
    names: list[str | None] = []
    for line, text, song in json_songs(path):
        refuse_flood(path, len(rejected))
        if isinstance(song, str):
            rejected.append((line, song, text[:TEXT_LENGTH]))
            continue
        if not names:
            header = list(song)
            names = [None if place is None else header[place] for place in _places(header, options, path)]
        values = [None if name is None else song.get(name) for name in names]
        if any("\0" in str(item) for value in values for item in (value if isinstance(value, list) else [value])):
            rejected.append((line, NUL, text[:TEXT_LENGTH]))
        else:
            yield line, text, values


def _parquet_rows(path: Path, options: Mapping[str, Any], rejected: list[Rejected]) -> Iterator[Row]:
    try:
        table = pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path}: not a whole Parquet file ({error}) (plays.songs.path)") from error
    places = _places(table.columns, options, path)
    for line, row in enumerate(table.iter_rows(), start=1):
        values = [None if place is None else row[place] for place in places]
        yield line, "\t".join("" if value is None else str(value) for value in values), values
