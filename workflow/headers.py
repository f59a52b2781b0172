"""Look up the columns that a config names in the headers of its tables, before any job starts.

The jobs use the same functions, so their messages are the same. Only the first lines of a file are read, or the footer
of a Parquet file. A file that cannot be opened here is left to the job that reads it.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from coldwave.embeddings.columns import check_text, choose_columns
from coldwave.errors import InputError
from coldwave.new_songs.columns import of_new_embeddings, of_new_songs
from coldwave.plays.layout import check_layout, find_in_names
from coldwave.plays.manifest import check_manifest, find_places, records
from coldwave.plays.suffixes import is_parquet, parquet_files
from coldwave.split.columns import check_columns, check_suffix
from workflow.features import taken
from workflow.settings import SettingsError

Check = Callable[[Path], Any]  # of one table; its InputError has a line for each mistake


def check_headers(config: Mapping[str, Any]) -> None:
    """Check the columns of the plays, the songs table, the user's own split and the embeddings that models take.

    Raises
    ------
    SettingsError
        Columns are missing, or a table is not what the config says; the message lists all mistakes.
    """
    _check_all(config, _tables(config))


def check_new_headers(config: Mapping[str, Any]) -> None:
    """Check the columns of the tables of new songs, which a finished run predicts.

    Raises
    ------
    SettingsError
        As `check_headers`.
    """
    _check_all(config, _new_tables(config))


def _check_all(config: Mapping[str, Any], tables: Iterator[tuple[str | None, Check]]) -> None:
    mistakes = []
    for path, check in tables:
        if path and _of_user(Path(path), config["run"]):
            try:
                check(Path(path))
            except InputError as error:
                mistakes += str(error).splitlines()
            except OSError:
                continue
    if mistakes:
        raise SettingsError(mistakes, config["data_note"])


def _of_user(path: Path, run: str) -> bool:
    """Whether a path is the user's: the workflow's own files may still change, and a pipe is read only once."""
    made = "<" in str(path) or path.absolute().is_relative_to(Path("results", run).absolute())
    return not made and (path.is_file() or path.is_dir())


def _tables(config: Mapping[str, Any]) -> Iterator[tuple[str | None, Check]]:
    plays = config["plays"]
    if plays["format"] == "table":
        yield plays["path"], partial(_check_plays, plays["table"])
    yield plays["songs"]["path"], partial(_check_songs, plays["songs"])
    yield config["split"]["path"], _check_split
    for name, embedding in _embeddings(config).items():
        yield embedding["path"], partial(_check_embedding, embedding, f"embeddings.{name}")


def _new_tables(config: Mapping[str, Any]) -> Iterator[tuple[str | None, Check]]:
    new = config["new_songs"]
    yield new["path"], _reworded(of_new_songs, partial(_check_songs, new))
    for name, embedding in _embeddings(config).items():
        check = partial(_check_new_embedding, embedding, name, Path("results", config["run"]))
        yield new["embeddings"].get(name), _reworded(partial(of_new_embeddings, name=name), check)


def _embeddings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Pick the embeddings that models take; no job reads the others."""
    sources = taken(config)
    return {name: embedding for name, embedding in config["embeddings"].items() if name in sources}


def _reworded(words: Callable[[str], str], check: Check) -> Check:
    def checked(path: Path) -> None:
        try:
            check(path)
        except InputError as error:
            raise InputError(words(str(error))) from error

    return checked


def _check_plays(table: Mapping[str, Any], path: Path) -> None:
    if path.is_dir() or is_parquet(path):
        first = parquet_files(path)[0]
        find_in_names(_parquet(first).schema_arrow.names, table, first)
    else:
        check_layout(path, table)


def _check_songs(options: Mapping[str, Any], path: Path) -> None:
    if path.suffix.lower() == ".parquet":
        find_places(_parquet(path).schema_arrow.names, options, path)
    elif path.is_file():  # not a folder of audio
        check_manifest(path, options)


def _check_split(path: Path) -> None:
    check_suffix(path)
    if is_parquet(path):
        check_columns(_parquet(path).schema_arrow.names, path)
        return
    try:
        _, _, header = next(records(path), (0, "", None))
    except InputError:
        return  # the job reads it in another way
    if isinstance(header, list):
        check_columns(list(dict.fromkeys(header)), path)


def _check_embedding(options: Mapping[str, Any], key: str, path: Path) -> None:
    if is_parquet(path):
        choose_columns(_parquet(path).schema_arrow.names, options, key, path)
    else:
        check_text(path, options, key)


def _check_new_embedding(embedding: Mapping[str, Any], name: str, results: Path, path: Path) -> None:
    learnt = _parquet(results / "embeddings" / f"{name}.columns.parquet").read()["column"].to_pylist()
    _check_embedding({**embedding, "columns": learnt}, f"new_songs.embeddings.{name}", path)


def _parquet(path: Path) -> Any:
    import pyarrow  # imported here because it is slow, and few configs name such a file
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(path)
    except pyarrow.ArrowException as error:
        raise OSError(f"{path}: {error}") from error
