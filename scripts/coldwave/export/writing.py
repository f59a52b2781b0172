"""Write tables that are too long to be held: block after block, to a temporary name that is renamed at the end."""

import json
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import polars as pl

from coldwave.errors import InputError
from coldwave.exhibits.files import spreadsheet_csv
from coldwave.files import replacing

Schema = Mapping[str, pl.DataType | type[pl.DataType]]


class Written(NamedTuple):
    """A file, and its rows if it is a table."""

    path: Path
    rows: int | None


class Exported(NamedTuple):
    """The files of an export, and what is to be said of them, in sentences."""

    files: list[Written]
    notes: list[str]


@contextmanager
def replacing_folder(path: Path, mark: str) -> Iterator[Path]:
    """Yield a new folder beside ``path``. It is renamed to ``path`` if the block succeeds, and removed if not.

    What is there is replaced if it is an empty folder, or one of nothing but a file ``mark`` and the files that this
    lists: JSON, whose ``files`` has their names as keys.

    Raises
    ------
    InputError
        Something else is there.
    """
    _check_can_be_replaced(path, mark)
    path.parent.mkdir(parents=True, exist_ok=True)
    new, old = (path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp") for _ in range(2))
    new.mkdir()
    try:
        yield new
        if path.exists():
            path.rename(old)
        new.rename(path)
    finally:
        if old.exists() and not path.exists():
            old.rename(path)
        for left in (new, old):
            shutil.rmtree(left, ignore_errors=True)


def _check_can_be_replaced(path: Path, mark: str) -> None:
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not (path / mark).is_file():
        raise InputError(f"--out {path}: this is there, and has no {mark}: name a folder that is not there yet")
    try:
        files = json.loads((path / mark).read_text(encoding="utf-8"))["files"]
        own = {mark, *files.keys()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(
            f"--out {path}: this is there, and its {mark} does not say which files are of the export: remove the "
            "folder, or name one that is not there yet"
        ) from error
    if foreign := sorted(found.name for found in path.iterdir() if found.name not in own or not found.is_file()):
        raise InputError(
            f"--out {path}: this would be replaced, but holds {foreign[0]!r}, which is not of the export (its {mark} "
            "does not list it): move that elsewhere, or name a folder that is not there yet"
        )


def write_fields(path: Path, frames: Iterable[pl.DataFrame], separator: str) -> Written:
    """Write lines of fields without a header. No cell may hold the separator, a quote or a line end."""
    rows = 0
    with replacing(path) as temporary, temporary.open("wb") as file:
        for frame in frames:
            frame.write_csv(file, separator=separator, include_header=False, quote_style="never")
            rows += frame.height
    return Written(path, rows)


def write_lazy_fields(path: Path, frame: pl.LazyFrame, separator: str, header: bool = False) -> Written:
    """Write a table that polars streams as lines of fields, as `write_fields` does, under its names if asked."""
    with replacing(path) as temporary:
        frame.sink_csv(temporary, separator=separator, include_header=header, quote_style="never")
    return Written(path, frame.select(pl.len()).collect().item())


def write_lazy_parquet(path: Path, frame: pl.LazyFrame) -> Written:
    """Write a table that polars streams as Parquet."""
    with replacing(path) as temporary:
        frame.sink_parquet(temporary)
    return Written(path, pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def write_table_blocks(path: Path, frames: Iterable[pl.DataFrame], schema: Schema) -> Written:
    """Write a table as Parquet, or as CSV for spreadsheets (see `spreadsheet_csv`), by the path's suffix.

    Raises
    ------
    InputError
        The suffix is neither.
    """
    if path.suffix == ".parquet":
        return _write_parquet(path, frames, schema)
    if path.suffix != ".csv":
        raise InputError(f"--out {path}: name a file that ends in .parquet or in .csv")
    rows = 0
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(spreadsheet_csv(pl.DataFrame(schema=schema)))
        for frame in frames:
            file.write(spreadsheet_csv(frame).partition("\n")[2])
            rows += frame.height
    return Written(path, rows)


def _write_parquet(path: Path, frames: Iterable[pl.DataFrame], schema: Schema) -> Written:
    import pyarrow.parquet as pq

    level, rows = pl.CompatLevel.oldest(), 0  # types that every reader of Parquet through Arrow knows
    columns = pl.DataFrame(schema=schema).to_arrow(compat_level=level).schema
    with replacing(path) as temporary, pq.ParquetWriter(temporary, columns) as writer:
        for frame in frames:
            writer.write_table(frame.to_arrow(compat_level=level))
            rows += frame.height
    return Written(path, rows)
