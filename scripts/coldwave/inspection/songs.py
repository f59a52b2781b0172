"""Inspect a songs table: which of its columns are read, how many songs it has, and whether their audio is there."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from coldwave.errors import InputError
from coldwave.inspection.findings import LINES, SHOWN, Inspection
from coldwave.inspection.names import ID, OF_A_SONG, column_of
from coldwave.plays.audio_paths import AudioRoot
from coldwave.plays.manifest import records
from coldwave.plays.suffixes import delimiter_of

LOOKED_FOR = 200  # audio files
QUOTE = '"'
SEPARATORS = ("|", ";", ",")


def columns_of_songs(header: Sequence[str]) -> dict[str, str] | None:
    """Find the columns of a songs table by their names; None without an id, or with nothing but an id.

    Where no column is one of ids, the path of the audio is the id.
    """
    song_id = column_of(ID, header)
    left = [name for name in header if name != song_id]
    found = {field: column_of(known, left) for field, known in OF_A_SONG.items()}
    found = {field: name for field, name in found.items() if name is not None}
    song_id = song_id or found.get("audio")
    return {"song_id": song_id, **found} if song_id and found.keys() - {"date"} else None


def inspect_songs(
    path: Path,
    columns: Mapping[str, str],
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    written: Mapping[str, str | None],
) -> Inspection:
    """Count the songs at the beginning of a table, and look for some of their files.

    Parameters
    ----------
    columns : from the fields of a songs table to the names of its columns
    rows : the table's rows, as text
    written : how text is written, as `plays.songs` says it; empty where its name says so, and for Parquet

    Raises
    ------
    InputError
        As ``coldwave.plays.manifest.records``.
    """
    places = {field: list(header).index(name) for field, name in columns.items()}
    ids, preview, audio, marks = set(), [], [], Counter()
    count = wrong = 0
    rows = iter(rows)
    for row in islice(rows, LINES):
        if len(row) != len(header):
            wrong += 1
            continue
        count += 1
        preview += [list(row)] if len(preview) < SHOWN else []
        ids.add(row[places["song_id"]])
        audio += [row[places["audio"]]] if "audio" in places and row[places["audio"]] else []
        marks.update(mark for mark in SEPARATORS if "tags" in places and mark in row[places["tags"]])
    counts = {"rows": count, "different ids": len(ids - {""})} | ({"set aside": wrong} if wrong else {})
    notes = []
    if "audio" in columns:
        there = _there(path, audio[:LOOKED_FOR])
        counts |= {"rows with audio": len(audio), "audio files looked for": len(audio[:LOOKED_FOR]), "found": there}
        if there < len(audio[:LOOKED_FOR]):
            notes += [f"audio is looked for from {path.parent}: `plays.songs.audio_root` names another folder"]
    else:
        notes += ["there is no column of audio files: models that hear need one, named `audio`"]
    songs = {"path": str(path), "columns": {field: name for field, name in columns.items() if field != name}}
    if marks and not marks["|"]:
        songs["tag_separator"] = marks.most_common(1)[0][0]
    songs = {key: value for key, value in songs.items() if value} | written
    settings = {"world": None, "plays": {"songs": songs}}
    return Inspection(
        path, "songs", "a songs table", counts, next(rows, None) is None, list(header), preview, settings, notes
    )


def how_written(path: Path, delimiter: str, width: int) -> dict[str, str | None]:
    """Find what ``plays.songs`` must say of text with ``width`` columns: its delimiter, if its name does not say it.

    And that nothing is quoted, if more rows are as wide as the header then.
    """
    written = {} if delimiter_of(path) == delimiter else {"delimiter": delimiter}
    plain = written | {"quote": None}
    wrong = _wrong(path, written, width)
    return plain if wrong and _wrong(path, plain, width) < wrong else written


def _wrong(path: Path, written: Mapping[str, str | None], width: int) -> int:
    try:
        return sum(len(row) != width for row in islice(rows_of_text(path, written), LINES))
    except InputError:  # a quote is not closed
        return LINES


def rows_of_text(path: Path, written: Mapping[str, str | None]) -> Iterator[list[str]]:
    """Read the rows of text below its header, as ``plays.songs`` does. One whose quotes do not match is empty.

    Raises
    ------
    InputError
        The file is damaged, or a quote is not closed.
    """
    rows = (row for _, _, row in records(path, options=written))
    return (row if isinstance(row, list) else [] for row in islice(rows, 1, None))


def _there(path: Path, audio: Sequence[str]) -> int:
    root = AudioRoot(path.parent)
    found = 0
    for name in audio:
        try:
            located = root.locate(name)
            found += located is not None and Path(located).is_file()
        except (OSError, ValueError, InputError):  # a name that no file can have
            continue
    return found
