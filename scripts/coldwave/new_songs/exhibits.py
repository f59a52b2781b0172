"""The tables of a batch: Parquet for programs, CSV for spreadsheets, and Markdown with the beginning of each."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from coldwave.analysis.names import song_labels
from coldwave.exhibits.files import spreadsheet_csv, write_exhibit_table
from coldwave.files import Schema, write_table, write_text
from coldwave.new_songs.batches import SONGS
from coldwave.new_songs.lists import NEIGHBOURS, USERS

SHOWN = 20  # rows of a table in Markdown
NAMED = 3  # users, or neighbours, in a row of it


def write_songs(folder: Path, songs: pl.DataFrame) -> None:
    """Write the songs of a batch (``SONGS``)."""
    shown = songs.head(SHOWN)
    columns = {"song": song_labels(shown), **_texts(shown, "song_id", "status", "detail", "batch")}
    _write(
        folder / "songs",
        songs,
        SONGS,
        "New songs",
        "Songs with the status placed are those that an earlier batch holds.",
        columns,
        3,
    )


def write_users(folder: Path, users: pl.DataFrame) -> None:
    """Write the users of a batch's songs (``USERS``)."""
    about = (
        "The users for whom a song stands out, by each model: those whose score of it is highest above their other "
        "scores. The lift, in brackets, is (score - mean) / deviation."
    )
    _write_lists(folder / "users", users, USERS, "Users for whom new songs stand out", about, "model", "users", _user)


def write_neighbours(folder: Path, neighbours: pl.DataFrame) -> None:
    """Write the neighbours of a batch's songs (``NEIGHBOURS``)."""
    about = (
        "The songs nearest to a song, by sound (the cosine of their features) and by usage (the cosine of predicted "
        "usage patterns over the users, by each model). Another new song has the name of its batch behind it."
    )
    _write_lists(folder / "neighbours", neighbours, NEIGHBOURS, "Neighbours of new songs", about, "by", "songs", _song)


def _user(row: Mapping) -> str:
    return f"{row['user_id']} ({row['lift']:.2f})"


def _song(row: Mapping) -> str:
    names = {name: [row[f"neighbour_{short}"]] for name, short in
             (("song_id", "id"), ("title", "title"), ("artist", "artist"))}  # fmt: skip
    (label,) = song_labels(pl.DataFrame(names, schema_overrides=dict.fromkeys(names, pl.String)))
    return label + (f" (new: {row['neighbour_batch']})" if row["neighbour_batch"] else "")


def _write_lists(path, table: pl.DataFrame, schema: Schema, title: str, about: str, by: str, what: str, cell) -> None:
    """Write a table of lists, in Markdown one list a row."""
    groups = [name for name in ("song_id", "by", "name", "model", "seed") if name in schema]
    cells: dict[str, list[str]] = {"song": [], by: [], "seed": [], what: []}
    best = table.filter(pl.col("rank") <= NAMED)
    for _, part in best.group_by(groups, maintain_order=True):
        if len(cells["song"]) == SHOWN:
            break
        rows = part.to_dicts()
        cells["song"] += song_labels(part.head(1))
        cells[by].append(" ".join(rows[0][name] for name in ("by", "name", "model") if name in schema))
        cells["seed"].append("" if rows[0]["seed"] is None else str(rows[0]["seed"]))
        cells[what].append("; ".join(map(cell, rows)))
    _write(path, table, schema, title, about, cells, 4)


def _write(
    path: Path, table: pl.DataFrame, schema: Schema, title: str, about: str, cells: Mapping[str, list[str]], left: int
) -> None:
    write_table(path.with_suffix(".parquet"), table, schema)
    lists = [name for name, dtype in table.schema.items() if dtype == pl.List(pl.String)]
    write_text(path.with_suffix(".csv"), spreadsheet_csv(table.with_columns(pl.col(lists).list.join("|"))))
    shown = len(next(iter(cells.values())))
    whole = f"The first {shown:,} rows; all are in {path.name}.csv and {path.name}.parquet beside this file."
    write_exhibit_table(path.with_suffix(".md"), title, [about, whole], dict(cells), left)


def _texts(table: pl.DataFrame, *columns: str) -> dict[str, list[str]]:
    return {name: ["" if value is None else value for value in table[name]] for name in columns}
