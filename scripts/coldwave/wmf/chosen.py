"""The settings of the factorisation that a run chooses for itself, as a file of one row."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from coldwave.files import read_table, write_table
from coldwave.wmf.listable import LISTABLE

SCHEMA = {key: pl.UInt32 if key == "factors" else pl.Float64 for key in LISTABLE}


def write_chosen(path: Path, chosen: Mapping[str, Any]) -> None:
    """Write the chosen settings: a column for each setting that was a list."""
    schema = {key: kind for key, kind in SCHEMA.items() if key in chosen}
    write_table(path, pl.DataFrame([dict(chosen)], schema=schema), schema)


def read_chosen(path: Path | None, *keys: str) -> dict[str, Any]:
    """Read the chosen settings, of ``keys`` alone if any are named; none without a file, as no setting was a list."""
    if path is None:
        return {}
    row = read_table(path).row(0, named=True)
    return {key: value for key, value in row.items() if not keys or key in keys}
