"""The songs table: a manifest (CSV, TSV, Parquet) or a folder of audio files."""

import csv
import io
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from coldwave.errors import InputError
from coldwave.plays.audio_folder import read_folder
from coldwave.plays.audio_paths import AudioRoot
from coldwave.plays.batches import BLANKS
from coldwave.plays.columns import find_column
from coldwave.plays.dates import release_date
from coldwave.plays.rejections import TEXT_LENGTH, refuse_flood, rejected_rows
from coldwave.plays.streams import read_blocks, without_compression

log = logging.getLogger(__name__)

CATALOGUE = {
    "song_id": pl.String,
    "title": pl.String,
    "artist": pl.String,
    "album": pl.String,
    "date": pl.String,
    "tags": pl.List(pl.String),
    "audio": pl.String,
}

DELIMITERS = {".csv": ",", ".tsv": "\t"}
EMPTY_ID = "empty song id"
DUPLICATE = "song id occurs before"
NUL = "NUL byte"
BLOCK_BYTES = 1 << 20  # small, as each is a list of Python's texts for a while
LONGEST_RECORD = 10_000  # lines that one quoted text may go on over
OUTSIDE = "audio lies outside plays.songs.audio_root (null: the manifest's folder); the song is kept without it"
NO_DATE = "date is not YYYY, YYYY-MM or YYYY-MM-DD; the song is kept without it"
UNKNOWN_YEARS = ("0", "0000", "0.0")  # how the Million Song Dataset and others write that a year is not known

Row = tuple[int | None, str, list[Any]]  # line, text as it stands, values of the catalogue's columns
Rejected = tuple[int | None, str, str]  # line, reason, text


def read_catalogue(path: Path, options: Mapping[str, Any], threads: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the songs table as the config's ``plays.songs`` says.

    Returns
    -------
    DataFrame
        The songs, as in ``CATALOGUE``: unique ids, in the order of the file. Empty texts are null, tags never.
    DataFrame
        The rejected rows, as in ``tables.REJECTED``: no or a repeated id (the first is kept), not as many fields
        as the header; and rows whose audio lies outside its root, or whose date is none, which are kept without it.

    Raises
    ------
    InputError
        The file or a setting is wrong, or there is no song in it.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder (plays.songs.path)")
    rejected: list[Rejected] = []
    if path.is_dir():
        songs, rejected = read_folder(path, options.get("id_from", "path"), threads)
        rows: Iterable[Row] = ((None, song["audio"], list(song.values())) for song in songs)
        locate = None
    else:
        rows = _manifest_rows(path, options, rejected)
        locate = AudioRoot(Path(options.get("audio_root") or path.parent)).locate
    kept: dict[str, list[Any]] = {}
    for line, text, (song_id, title, artist, album, date, tags, audio) in rows:
        song_id = song_id and str(song_id).strip(BLANKS)
        refuse_flood(path, len(rejected))
        if "\0" in text:
            rejected.append((line, NUL, text[:TEXT_LENGTH]))
        elif not song_id:
            rejected.append((line, EMPTY_ID, text[:TEXT_LENGTH]))
        elif song_id in kept:
            rejected.append((line, DUPLICATE, text[:TEXT_LENGTH]))
        else:
            audio = _text(audio)
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
            texts = (_text(title), _text(artist), _text(album), date)
            kept[song_id] = [song_id, *texts, _tags(tags, options.get("tag_separator")), audio]
    if not kept:
        first = f"; {len(rejected):,} rows were set aside, the first for: {rejected[0][1]}" if rejected else ""
        raise InputError(f"{path}: there is no song in the songs table (plays.songs.path){first}")
    table = pl.DataFrame(list(kept.values()), schema=CATALOGUE, orient="row")
    return table, rejected_rows(str(path), rejected)


def _text(value: Any) -> str | None:
    return None if value is None else str(value).strip() or None


def _tags(value: Any, separator: str | None) -> list[str]:
    if value is None:
        return []
    items = value if isinstance(value, list) else str(value).split(separator) if separator else [str(value)]
    return list(dict.fromkeys(text for item in items if item is not None and (text := str(item).strip())))


def _manifest_rows(path: Path, options: Mapping[str, Any], rejected: list[Rejected]) -> Iterator[Row]:
    suffix = without_compression(path).suffix.lower()
    if path.suffix.lower() == ".parquet":
        return _parquet_rows(path, options)
    if suffix in DELIMITERS:
        return _text_rows(path, DELIMITERS[suffix], options, rejected)
    raise InputError(f"{path}: a songs table is a .csv, .tsv or .parquet file or a folder of audio (plays.songs.path)")


def _places(header: Sequence[str], options: Mapping[str, Any], path: Path) -> list[int | None]:
    """Find the catalogue's columns; None for one that is absent and not asked for."""
    renamed = options.get("columns") or {}
    if unknown := sorted(set(renamed) - set(CATALOGUE)):
        raise InputError(f"plays.songs.columns: {unknown[0]!r} is not one of {', '.join(CATALOGUE)}")
    places = []
    for name in CATALOGUE:
        if name in renamed or name == "song_id":
            places.append(find_column(renamed.get(name, name), header, f"plays.songs.columns.{name}", path))
        else:
            places.append(header.index(name) if name in header else None)
    if ignored := [name for place, name in enumerate(header) if place not in places]:
        log.info("%s: columns not used: %s", path, ", ".join(ignored), extra={"screen": True})
    return places


def _text_rows(path: Path, delimiter: str, options: Mapping[str, Any], rejected: list[Rejected]) -> Iterator[Row]:
    raw: list[str] = []  # lines of the record being read

    def lines() -> Iterator[str]:
        for block, _ in read_blocks(path, block_bytes=BLOCK_BYTES):
            for line in io.StringIO(block.decode("utf-8", "surrogateescape"), newline=""):
                raw.append(line)
                if len(raw) > LONGEST_RECORD:
                    begun = reader.line_num + 1 - LONGEST_RECORD
                    raise InputError(f"{path}, line {begun}: a quote opened here is not closed in {len(raw):,} lines")
                yield line

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    places: list[int | None] | None = None
    fields = 0
    while True:
        line = reader.line_num + 1
        refuse_flood(path, len(rejected))
        raw.clear()
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if len(raw) > 1:
                raise InputError(
                    f"{path}, line {line}: a quote opened here is not closed as it should be ({error})"
                ) from error
            rejected.append((line, f"not valid CSV: {error}", "".join(raw)[:TEXT_LENGTH]))
            continue
        text = "".join(raw).rstrip("\r\n")
        if not row:
            continue
        if places is None:
            header = [name.strip() for name in row]
            places, fields = _places(header, options, path), len(header)
        elif len(row) != fields:
            rejected.append((line, "wrong number of fields", text[:TEXT_LENGTH]))
        elif any("\udc80" <= character <= "\udcff" for character in text):
            rejected.append((line, "not valid utf-8", text[:TEXT_LENGTH]))
        else:
            yield line, text, [None if place is None else row[place] for place in places]
    if places is None:
        raise InputError(f"{path}: the songs table is empty, without even a header (plays.songs.path)")


def _parquet_rows(path: Path, options: Mapping[str, Any]) -> Iterator[Row]:
    try:
        table = pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path}: not a whole Parquet file ({error}) (plays.songs.path)") from error
    places = _places(table.columns, options, path)
    for line, row in enumerate(table.iter_rows(), start=1):
        values = [None if place is None else row[place] for place in places]
        yield line, "\t".join("" if value is None else str(value) for value in values), values
