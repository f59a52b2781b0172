"""A split that a user brings: a table of songs and their parts."""

from pathlib import Path

import polars as pl

from coldwave.errors import InputError

COLUMNS = ["song_id", "part"]
SEPARATORS = {".csv": ",", ".tsv": "\t"}


def read_parts(path: Path) -> pl.DataFrame:
    """Read ``song_id`` and ``part``, as text without blanks around it, from a .parquet, .csv or .tsv file.

    Raises
    ------
    InputError
        The file is something else or damaged, lacks a column, or a field is empty.
    """
    suffix = path.suffix.lower()
    if suffix != ".parquet" and suffix not in SEPARATORS:
        raise InputError(f"{path}: a split is a .parquet, .csv or .tsv file (split.path)")
    try:
        if suffix == ".parquet":
            table = pl.read_parquet(path, glob=False)
        else:
            table = pl.read_csv(path, separator=SEPARATORS[suffix], infer_schema=False, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path}: cannot be read as a table ({error}) (split.path)") from error
    if lacking := [name for name in COLUMNS if name not in table.columns]:
        raise InputError(f"{path}: no column {lacking[0]!r}; a split has the columns {' and '.join(COLUMNS)}")
    parts = table.select(pl.col(COLUMNS).cast(pl.String).str.strip_chars())
    empty = parts.with_row_index("row", offset=1).filter(pl.any_horizontal(pl.col(COLUMNS).fill_null("") == ""))
    if len(empty):
        raise InputError(f"{path}: row {empty['row'][0]:,} lacks a song_id or a part")
    return parts
