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
_FOUND = {"line": pl.UInt64, "user": pl.UInt32, "song": pl.UInt32, "number": pl.Float64}


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
    parts, rejected, strangers = [pl.DataFrame(schema=_FOUND)], [], {"user": Strangers(), "song": Strangers()}
    for rows in read_rows(path, options, key, chunk):
        for name, table in known.items():
            rows = rows.join(table, on=f"{name}_id", how="left", maintain_order="left")
        rows = rows.with_columns(_reason().alias("reason"))
        for name in known:  # a user who is not in the run counts first
            strange = pl.col("reason").is_null() & pl.col(name).is_null()
            strangers[name] = _counted(strangers[name], rows.filter(strange), f"{name}_id")
            rows = rows.filter(~strange)
        rejected.append(_rejected(rows.filter(pl.col("reason").is_not_null()), str(path)))
        refuse_flood(path, sum(map(len, rejected)))
        parts.append(rows.filter(pl.col("reason").is_null()).select(*_FOUND))
    found, repeated = _first_of_pairs(pl.concat(parts), len(songs))
    for name, table in known.items():
        repeated = repeated.join(table, on=name, maintain_order="left")
    repeated = repeated.with_columns(pl.lit(None, pl.String).alias("text"), pl.lit(DUPLICATE).alias("reason"))
    aside = pl.concat([*rejected, _rejected(repeated, str(path))]).sort("line")
    refuse_flood(path, len(aside))
    if found.is_empty():
        raise InputError(_nothing(path, users, songs, key, aside, strangers))
    numbers = (found[name].to_numpy().astype(np.int64) for name in known)
    return Scores(*numbers, found["number"].to_numpy(), aside, strangers)


def _reason() -> pl.Expr:
    """Why a row does not count, though its user and song may be in the run; else null."""
    both, number = pl.col("user").is_not_null() & pl.col("song").is_not_null(), pl.col("number")
    found = (
        pl.when(pl.col("user_id") == "")
        .then(pl.lit(EMPTY_USER))
        .when(pl.col("song_id") == "")
        .then(pl.lit(EMPTY_SONG))
        .when(both & number.is_null())
        .then(pl.lit(NO_NUMBER))
        .when(both & ~number.is_finite())
        .then(pl.lit(NOT_FINITE))
    )
    return pl.coalesce("reason", found)


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
