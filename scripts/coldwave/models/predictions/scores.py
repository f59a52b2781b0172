"""Scores made elsewhere: a table of a user, a song and a score, by id, joined to the users and songs of a run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from coldwave.errors import InputError
from coldwave.models.predictions.rows import CHUNK, read_rows
from coldwave.plays.batches import EMPTY_SONG, EMPTY_USER
from coldwave.plays.rejections import TEXT_LENGTH, refuse_flood
from coldwave.plays.tables import REJECTED

NO_NUMBER = "score is not a number"
NOT_FINITE = "score is not finite"
DUPLICATE = "pair of user and song occurs before"
EXAMPLES = 3


class Strangers(NamedTuple):
    """Rows about users, or songs, that are not in the run: how many, the first one's line, and some of their ids."""

    rows: int = 0
    line: int = 0
    ids: tuple[str, ...] = ()


class Scores(NamedTuple):
    """``users``, ``songs`` int64 [pairs], each pair once; ``values`` float64 [pairs].

    ``rejected``: as in ``plays.tables.REJECTED``. ``strangers``: by ``user`` and ``song``; a row of a user who is not
    in the run counts there alone.
    """

    users: np.ndarray
    songs: np.ndarray
    values: np.ndarray
    rejected: pl.DataFrame
    strangers: dict[str, Strangers]


def read_scores(
    path: Path, users: Sequence[str], songs: Sequence[str], options: Mapping[str, Any], key: str, chunk: int = CHUNK
) -> Scores:
    """Read a table of scores and join it to users and songs.

    The first good row of a pair counts. Rows that are malformed, repeated or without a finite number are set aside;
    rows about others than the run's users and songs are counted.

    Parameters
    ----------
    users, songs : ids, row n of each is number n
    options, key : as ``coldwave.models.predictions.rows.read_rows``

    Raises
    ------
    InputError
        The file, its header or a column is wrong, or it has no score of a user and a song of the run.
    """
    known = {
        name: pl.DataFrame({f"{name}_id": ids}, schema={f"{name}_id": pl.String}).with_row_index(name)
        for name, ids in (("user", users), ("song", songs))
    }
    parts, rejected, strangers = [], [], {"user": Strangers(), "song": Strangers()}
    for rows in read_rows(path, options, key, chunk):
        for name, table in known.items():
            rows = rows.join(table, on=f"{name}_id", how="left", maintain_order="left")
        rows = rows.with_columns(_unreadable().alias("reason"))
        named = pl.col("reason").is_null()
        for name, strange in (("user", named), ("song", named & pl.col("user").is_not_null())):
            strangers[name] = _counted(strangers[name], rows.filter(strange & pl.col(name).is_null()), f"{name}_id")
        rows = rows.filter(~named | (pl.col("user").is_not_null() & pl.col("song").is_not_null()))
        rows = rows.with_columns(pl.coalesce("reason", _no_score()).alias("reason"))
        rejected.append(_rejected(rows.filter(pl.col("reason").is_not_null()), str(path)))
        refuse_flood(path, sum(map(len, rejected)))
        parts.append(rows.filter(pl.col("reason").is_null()).select("line", "user", "song", "number"))
    found, repeated = _first_of_pairs(pl.concat(parts) if parts else pl.DataFrame(), len(songs))
    repeated = repeated.join(known["user"], on="user", maintain_order="left")
    repeated = repeated.join(known["song"], on="song", maintain_order="left")
    repeated = repeated.with_columns(pl.lit(None, pl.String).alias("text"), pl.lit(DUPLICATE).alias("reason"))
    refuse_flood(path, len(repeated) + sum(map(len, rejected)))
    aside = pl.concat([*rejected, _rejected(repeated, str(path))]).sort("line")
    if found.is_empty():
        raise InputError(_nothing(path, users, songs, key, aside, strangers))
    columns = (found["user"], found["song"])
    return Scores(*(one.to_numpy().astype(np.int64) for one in columns), found["number"].to_numpy(), aside, strangers)


def _unreadable() -> pl.Expr:
    """Why a row names nobody or nothing; null if it does."""
    empty = pl.when(pl.col("user_id") == "").then(pl.lit(EMPTY_USER)).when(pl.col("song_id") == "")
    return pl.coalesce("reason", empty.then(pl.lit(EMPTY_SONG)))


def _no_score() -> pl.Expr:
    """Why a row has no score; null if it has one."""
    missing = pl.when(pl.col("number").is_null()).then(pl.lit(NO_NUMBER))
    return missing.when(~pl.col("number").is_finite()).then(pl.lit(NOT_FINITE))


def _counted(before: Strangers, rows: pl.DataFrame, column: str) -> Strangers:
    if rows.is_empty():
        return before
    ids = tuple(dict.fromkeys([*before.ids, *rows[column].unique(maintain_order=True).head(EXAMPLES)]))[:EXAMPLES]
    return Strangers(before.rows + len(rows), before.line or rows["line"][0], ids)


def _rejected(rows: pl.DataFrame, source: str) -> pl.DataFrame:
    written = pl.concat_str(pl.col("user_id", "song_id", "number").cast(pl.String).fill_null(""), separator="\t")
    text = pl.coalesce("text", written).str.slice(0, TEXT_LENGTH)
    return rows.select(pl.lit(source).alias("source"), "line", "reason", text.alias("text")).cast(REJECTED)


def _first_of_pairs(rows: pl.DataFrame, songs: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Divide rows into the first of each pair, sorted by user and song, and the others."""
    pair = rows["user"].to_numpy().astype(np.int64) * songs + rows["song"].to_numpy()
    order = np.argsort(pair, kind="stable")
    again = np.zeros(len(pair), dtype=bool)
    again[1:] = pair[order][1:] == pair[order][:-1]
    return rows[order[~again]], rows[order[again]]


def _nothing(
    path: Path,
    users: Sequence[str],
    songs: Sequence[str],
    key: str,
    rejected: pl.DataFrame,
    strangers: Mapping[str, Strangers],
) -> str:
    """Word the message about a table without a score for the run, with ids of both sides."""
    told = f"{key}: {path} has no score of any of the run's {len(users):,} users for any of its {len(songs):,} songs."
    for name, ids in (("user", users), ("song", songs)):
        if strange := strangers[name].ids:
            told += f" Its {name}s are like {_listed(strange)}, the run's like {_listed(ids[:EXAMPLES])}."
    if len(rejected):
        told += f" {len(rejected):,} rows were set aside, the first for: {rejected['reason'][0]}."
    return told


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(map(repr, ids))
