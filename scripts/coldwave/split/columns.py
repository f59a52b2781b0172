"""The columns of the user's own split; the workflow looks them up before it plans anything."""

from collections.abc import Sequence
from pathlib import Path

from coldwave.errors import InputError
from coldwave.plays.columns import find_columns
from coldwave.plays.suffixes import DELIMITERS

COLUMNS = ["song_id", "part"]


def check_suffix(path: Path) -> None:
    """Refuse a file that cannot be a split by its suffix.

    Raises
    ------
    InputError
        It is neither .parquet nor .csv nor .tsv.
    """
    if path.suffix.lower() not in (".parquet", *DELIMITERS):
        raise InputError(f"{path}: a split is a .parquet, .csv or .tsv file (split.path)")


def check_columns(header: Sequence[str], path: object) -> None:
    """Refuse a split without its columns.

    Raises
    ------
    InputError
        Some are missing; the message has a line for each.
    """
    find_columns([("split.path", name) for name in COLUMNS], header, path)
