"""Say what a file or folder is, by its content, and which config reads it."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from coldwave.errors import InputError
from coldwave.inspection.delimited import first_lines, guess_layout
from coldwave.inspection.embeddings import column_of_ids, inspect_array, inspect_embeddings_in_text, numeric_columns
from coldwave.inspection.findings import SHOWN, Inspection, read_otherwise
from coldwave.inspection.folders import inspect_audio_file, inspect_audio_folder, inspect_run
from coldwave.inspection.parquet import inspect_parquet
from coldwave.inspection.plays import SONGS_TOO, inspect_plays, settings_of_text
from coldwave.inspection.songs import columns_of_songs, how_written, inspect_songs, rows_of_text
from coldwave.plays.datasets import data_set_of, table_of
from coldwave.plays.suffixes import parquet_files

PARQUET, NPY = b"PAR1", b"\x93NUMPY"
LONGEST = 500  # characters of a line that is shown

ACCEPTED = (
    "accepted are a folder of audio, a songs table (a column of ids and one of titles, artists, albums, tags or "
    "audio), plays (user, song and count, with or without a header), a table of embeddings (song id and numbers), and "
    "the folder of a run"
)
NAME_COLUMNS = "if it is one of these, name its columns: plays.table, plays.songs.columns or embeddings in the config"


def inspect(path: Path, *, recognise_history: Callable[[Path], str | None] | None = None) -> Inspection:
    """Say what a file or folder is, count and preview it, and give the part of a config that reads it.

    A file is judged by its content; its name matters only where a run goes by it, and a note says so. Of long text the
    first ``findings.LINES`` lines are read, or a few more.

    Parameters
    ----------
    recognise_history : names the format of a listening history as ``plays.format`` does, and returns None for all
        else. It is asked about a folder without audio, and about a file that is neither Parquet nor NPY

    Raises
    ------
    InputError
        There is no such file, or it cannot be read, or it is damaged or compressed in another way than its name says.
    """
    try:
        found = _folder(path, recognise_history) if path.is_dir() else _file(path, recognise_history)
    except OSError as error:
        raise InputError(f"{error.filename or path}: cannot be read ({error.strerror})") from error
    if found.settings:
        found.notes.extend(f"its path {why}: rename it" for why in read_otherwise(path))
    return found


def _folder(path: Path, recognise_history: Callable[[Path], str | None] | None) -> Inspection:
    if found := inspect_run(path) or inspect_audio_folder(path):
        return found
    if recognise_history and (name := recognise_history(path)):
        return _history(path, name, [])
    if _has_parquet(path):
        return inspect_parquet(path)
    names = [[one.name] for one in islice(path.iterdir(), SHOWN)]
    words = "a folder without audio, plays or a run" if names else "an empty folder"
    return Inspection(path, "unknown", words, preview=names, notes=[ACCEPTED])


def _has_parquet(folder: Path) -> bool:
    try:
        return bool(parquet_files(folder))
    except InputError:
        return False


def _file(path: Path, recognise_history: Callable[[Path], str | None] | None) -> Inspection:
    if not path.is_file():
        raise InputError(f"{path}: " + ("not a regular file" if path.exists() else "no such file or folder"))
    with path.open("rb") as file:
        begin = file.read(len(NPY))
    if begin.startswith(PARQUET):
        return inspect_parquet(path)
    if begin == NPY:
        return inspect_array(path)
    history = recognise_history(path) if recognise_history else None
    if history is not None:
        return _history(path, history, _lines_of(path))
    if found := inspect_audio_file(path):
        return found
    text = first_lines(path)
    if text is None:
        return Inspection(path, "unknown", "a file that is no text", notes=[ACCEPTED])
    lines, encoding = text
    return _text(path, lines, encoding) or _unknown(path, lines)


def _text(path: Path, lines: list[str], encoding: str) -> Inspection | None:
    if name := data_set_of(lines):
        rows = [line.split("\t") for line in lines[: SHOWN + 1]]
        header = table_of(name, path, times=False)["header"]
        columns = rows.pop(0) if header else [str(place) for place in range(1, len(rows[0]) + 1)]
        if found := inspect_plays(path, {"format": name}, columns, rows[:SHOWN]):
            return found
    layout = guess_layout(path, lines, encoding)
    if layout is None or not layout.rows:
        return None
    columns = layout.header or [str(place) for place in range(1, len(layout.rows[0]) + 1)]
    settings = settings_of_text(layout)
    if settings and (found := inspect_plays(path, settings, columns, layout.rows[:SHOWN])):
        return found
    if layout.header is None or encoding != "utf-8":  # other tables are read in UTF-8 alone
        return None
    if song := column_of_ids(layout.header, numeric_columns(layout)):
        return inspect_embeddings_in_text(path, layout, song)
    if songs := columns_of_songs(layout.header):
        written = how_written(path, layout.delimiter, len(layout.header))
        return inspect_songs(path, songs, layout.header, rows_of_text(path, written), written)
    words, notes = "a table whose columns are not those of plays, songs or embeddings", [NAME_COLUMNS, ACCEPTED]
    return Inspection(path, "unknown", words, columns=columns, preview=layout.rows[:SHOWN], notes=notes)


def _unknown(path: Path, lines: list[str]) -> Inspection:
    words = f"a text that is not known; it begins with {lines[0][:80]!r}" if lines else "an empty file"
    shown = [[line[:LONGEST]] for line in lines[:SHOWN]]
    return Inspection(path, "unknown", words, preview=shown, notes=[ACCEPTED])


def _history(path: Path, name: str, preview: list[list[str]]) -> Inspection:
    settings = {"world": None, "plays": {"path": str(path), "format": name}}
    words = f"a listening history in the format {name}"
    return Inspection(path, "history", words, preview=preview, settings=settings, notes=[SONGS_TOO])


def _lines_of(path: Path) -> list[list[str]]:
    """The first lines of a history; none where it is an archive or a database."""
    try:
        lines, _ = first_lines(path) or ([], "")
    except InputError:
        return []
    return [[line[:LONGEST]] for line in lines[:SHOWN]]
