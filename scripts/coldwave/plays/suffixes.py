"""What a file's name says about the table in it."""

from pathlib import Path

from coldwave.errors import InputError

DELIMITERS = {".csv": ",", ".tsv": "\t"}
PARQUET = (".parquet", ".pq")
COMPRESSED = (".gz", ".bz2", ".xz", ".zst")


def without_compression(path: Path) -> Path:
    """Return the name without its compression suffix: ``plays.tsv.gz`` is ``plays.tsv``."""
    return path.with_suffix("") if path.suffix.lower() in COMPRESSED else path


def delimiter_of(path: Path) -> str | None:
    """Return the delimiter that the name of a text file implies, compressed or not; None if it implies none."""
    return DELIMITERS.get(without_compression(path).suffix.lower())


def is_parquet(path: Path) -> bool:
    """Return whether a file is read as Parquet."""
    return path.suffix.lower() in PARQUET


def parquet_files(path: Path) -> list[Path]:
    """List the Parquet files of a folder and its subfolders, sorted, hidden ones left out; or give the one file.

    Raises
    ------
    InputError
        There is none.
    """
    if not path.is_dir():
        return [path]
    files = sorted(
        file
        for file in path.rglob("*.parquet")
        if file.is_file() and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
    )
    if not files:
        raise InputError(f"{path}: no .parquet file in this folder (plays.path)")
    return files
