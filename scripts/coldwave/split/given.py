"""The user's own split: a table of songs and their parts."""

from pathlib import Path

import polars as pl

from coldwave.errors import InputError
from coldwave.plays.suffixes import DELIMITERS
from coldwave.split.check import check_parts
from coldwave.split.columns import COLUMNS, check_columns, check_suffix
from coldwave.split.parts import SCHEMA, UNHEARD


def read_parts(path: Path) -> pl.DataFrame:
    """Read ``song_id`` and ``part``, as text without blanks around it, from a .parquet, .csv or .tsv file.

    Raises
    ------
    InputError
        The file is something else or damaged, lacks columns, or a field is empty.
    """
    check_suffix(path)
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            table = pl.read_parquet(path, glob=False)
        else:
            table = pl.read_csv(path, separator=DELIMITERS[suffix], infer_schema=False, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path}: cannot be read as a table ({error}) (split.path)") from error
    check_columns(table.columns, path)
    parts = table.select(pl.col(COLUMNS).cast(pl.String).str.strip_chars())
    empty = parts.with_row_index("row", offset=1).filter(pl.any_horizontal(pl.col(COLUMNS).fill_null("") == ""))
    if len(empty):
        raise InputError(f"{path}: row {empty['row'][0]:,} lacks a song_id or a part")
    return parts


def given_split(parts: pl.DataFrame, songs: pl.DataFrame, by: str, source: object) -> pl.DataFrame:
    """Check a split made elsewhere, and number its songs.

    Parameters
    ----------
    parts : table ``song_id``, ``part``, text
    songs : table with ``song``, ``song_id`` and ``artist``
    source : the file that it is from, for messages

    Returns
    -------
    table ``song``, ``part``, a row for each of ``songs``, in their order

    Raises
    ------
    InputError
        A song is unknown or has no part, or as `check_parts` says.
    """
    unknown = parts.join(songs, on="song_id", how="anti")
    if len(unknown):
        raise InputError(
            f"{source}: song {unknown['song_id'][0]!r} and {len(unknown) - 1:,} more are not among the "
            f"{len(songs):,} songs of this run (see plays/songs.parquet; the filters of plays leave songs out)"
        )
    joined = songs.select("song", "song_id").join(parts.unique(), on="song_id", how="left").sort("song")
    lacking = joined.filter(pl.col("part").is_null())
    if len(lacking):
        raise InputError(f"{source}: song {lacking['song_id'][0]!r} and {len(lacking) - 1:,} more have no part in it")
    if UNHEARD in joined["part"]:
        raise InputError(
            f"{source}: {UNHEARD!r} is no part to give: with plays.min_users: 0, the run finds these songs"
        )
    split = joined.select("song", "part").cast(SCHEMA)
    check_parts(split, songs, by, source)
    return split
