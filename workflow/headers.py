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
from coldwave.histories.columns import check_events
from coldwave.matching.written import overrides_of, redirects_of
from coldwave.models.predictions.columns import check_scores_text, find_scores
from coldwave.new_songs.columns import of_new_embeddings, of_new_songs
from coldwave.plays.datasets import DATA_SETS, table_of
from coldwave.plays.layout import check_layout, find_in_names, split_fields
from coldwave.plays.manifest import find_places, options_of_tables, records, table_header
from coldwave.plays.streams import HEADER_BYTES, read_blocks
from coldwave.plays.suffixes import is_parquet, parquet_files
from coldwave.split.columns import check_columns, check_suffix
from workflow.effective import cuts_plays
from workflow.features import taken
from workflow.kinds import row_of
from workflow.plays_checks import reads_history
from workflow.settings import SettingsError

Check = Callable[[Path], Any]  # of one table; its InputError has a line for each mistake


def check_headers(config: Mapping[str, Any]) -> None:
    """Check the columns of all tables that the config names for a run: plays and songs, a split, what models take.

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
    if reads_history(config):
        yield plays["path"], partial(_check_history, plays["history"], plays["format"])
        for path in plays["history"]["also"]:
            yield path, partial(_check_history, plays["history"], "history")
        for name, read in (("overrides", overrides_of), ("redirects", redirects_of)):
            yield plays["matching"][name], partial(_check_first_row, read)
    elif plays["format"] == "table":
        yield plays["path"], partial(_check_plays, plays["table"])
    elif plays["format"] in DATA_SETS:
        if DATA_SETS[plays["format"]].layouts:
            yield plays["path"], partial(table_of, plays["format"], times=cuts_plays(config))
        else:
            yield plays["path"], partial(_check_data_set, plays["format"])
    else:
        yield plays["path"], _check_triplets
    yield plays["songs"]["path"], partial(_check_songs, plays["songs"])
    yield config["split"]["path"], _check_split
    for name, embedding in _embeddings(config).items():
        yield embedding["path"], partial(_check_numbers, embedding, f"embeddings.{name}")
    for name, model in config["models"].items():
        if row_of(model).brought:
            yield from _brought(model, f"models.{name}")


def _brought(model: Mapping[str, Any], key: str) -> Iterator[tuple[str | None, Check]]:
    yield model["scores"], partial(_check_scores, model, key)
    for of, path in (("song", model["songs"]), ("user", model["users"])):
        yield path, partial(_check_numbers, {**model, "columns": None}, key, of=of)


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
    try:
        if path.is_dir() or is_parquet(path):
            first = parquet_files(path)[0]
            find_in_names(_parquet(first).schema_arrow.names, table, first)
        else:
            check_layout(path, table)
    except InputError as error:
        if (name := _format_of(path)) is None:
            raise
        # any table with these columns looks like events
        columns = [str(error)] if name == "events" else []
        raise InputError("\n".join([*columns, _other_format(path, "table", name)])) from error


def _check_triplets(path: Path) -> None:
    """Refuse a listening history for which no format was named. Whatever else is no triplets is left to the job."""
    try:
        block, encoding = next(read_blocks(path, "utf-8", HEADER_BYTES), (b"", "utf-8"))
        rows = [split_fields(line, "\t", None) for line in block.decode(encoding, "replace").split("\n")]
    except InputError:
        rows = []
    if not any(len(row) == 3 and row[2].strip().isdecimal() for row in rows) and (name := _format_of(path)):
        raise InputError(_other_format(path, "taste_profile", name))


def _check_data_set(name: str, path: Path) -> None:
    from coldwave.plays.formats import FORMATS  # slow to import

    FORMATS[name].check(path)


def _check_history(history: Mapping[str, Any], name: str, path: Path) -> None:
    """Look columns up in a table of events; if only its content can tell that it is one, where columns are named."""
    if name == "history" and history["columns"]:
        name = _recognise(path)
        if name is None:
            raise InputError(
                f"plays.history.columns: {path} is not known as a history by its content; to name the columns of a "
                "table of events, give it as plays.path and write plays.format: events"
            )
    if name == "events":
        check_events(path, history)


def _check_first_row(read: Callable[[Path], Iterator[Any]], path: Path) -> None:
    next(read(path), None)


def _recognise(path: Path) -> str | None:
    from coldwave.histories.formats import recognise  # slow to import, and few configs need it

    return recognise(path)


def _format_of(path: Path) -> str | None:
    try:
        return _recognise(path)
    except InputError:  # of several formats, or damaged
        return None


def _other_format(path: Path, given: str, name: str) -> str:
    return (
        f"plays.format: {path} is no {given}, but looks like a listening history in the format {name}: write "
        f"plays.format: {name}"
    )


def _check_songs(options: Mapping[str, Any], path: Path) -> None:
    if not path.is_file():  # a folder of audio
        return
    tables = [path, *(Path(other) for other in options.get("also", []))]
    headers = [table_header(table, options) for table in tables]
    for table, header, own in zip(tables, headers, options_of_tables(headers, options), strict=True):
        find_places(header, own, table)


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


def _check_numbers(options: Mapping[str, Any], key: str, path: Path, of: str = "song") -> None:
    if is_parquet(path):
        choose_columns(_parquet(path).schema_arrow.names, options, key, path, of)
    else:
        check_text(path, options, key, of)


def _check_scores(options: Mapping[str, Any], key: str, path: Path) -> None:
    if is_parquet(path):
        find_scores(_parquet(path).schema_arrow.names, options, key, path)
    else:
        check_scores_text(path, options, key)


def _check_new_embedding(embedding: Mapping[str, Any], name: str, results: Path, path: Path) -> None:
    learnt = _parquet(results / "embeddings" / f"{name}.columns.parquet").read()["column"].to_pylist()
    _check_numbers({**embedding, "columns": learnt}, f"new_songs.embeddings.{name}", path)


def _parquet(path: Path) -> Any:
    import pyarrow  # imported here because it is slow, and few configs name such a file
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(path)
    except pyarrow.ArrowException as error:
        raise OSError(f"{path}: {error}") from error
