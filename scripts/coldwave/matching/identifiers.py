"""Identifiers of recordings: MusicBrainz ids and ISRCs, as lists, and which tracks and songs share one."""

from pathlib import Path

import polars as pl

from coldwave.errors import InputError
from coldwave.matching.written import REDIRECTS, redirects_of
from coldwave.plays.identifiers import MBID, mbid_of

ISRC = r"\b[A-Z]{2}[A-Z0-9]{3}[0-9]{7}\b"
_NONE = "00000000-0000-0000-0000-000000000000"
MOST_REDIRECTS = 20  # in a row


def recording_ids(values: pl.Series, redirects: pl.DataFrame | None = None) -> pl.Series:
    """Return the list of MBIDs in each value, in lower case, each led to where ``redirects`` (from, to) leads it.

    A value is a text that holds any number of ids, whatever parts them, or a list of such texts.
    """
    found = _texts(values).str.to_lowercase().str.extract_all(MBID)
    found = found.list.eval(pl.element().filter(pl.element() != _NONE))
    if redirects is None or redirects.is_empty():
        return found
    led = redirects.unique("from", keep="first", maintain_order=True)
    ids = found.to_frame("id").with_row_index("row").explode("id").drop_nulls()
    for _ in range(MOST_REDIRECTS):
        ids = ids.with_columns(pl.col("id").replace(led["from"], led["to"]))
    lists = ids.group_by("row", maintain_order=True).agg("id")
    rows = pl.int_range(found.len(), dtype=lists["row"].dtype, eager=True).to_frame("row")
    return rows.join(lists, on="row", how="left", maintain_order="left")["id"]


def read_redirects(path: Path) -> pl.DataFrame:
    """Read a CSV of MBIDs that have been merged into others: the columns ``from`` and ``to``.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, a row is malformed, or it holds something else than MBIDs.
    """
    rows = []
    for line, fields in redirects_of(path):
        ids = [mbid_of(field) for field in fields]
        if None in ids:
            raise InputError(f"{path}, line {line}: {fields[0]!r} and {fields[1]!r} are not two MBIDs")
        rows.append(ids)
    return pl.DataFrame(rows, schema=dict.fromkeys(REDIRECTS, pl.String), orient="row")


def isrcs(values: pl.Series) -> pl.Series:
    """Return the list of ISRCs in each value (a text or a list of texts), without hyphens."""
    return _texts(values).str.to_uppercase().str.replace_all("-", "").str.extract_all(ISRC)


def sharing(tracks: pl.Series, songs: pl.Series, left: pl.Series) -> pl.DataFrame:
    """List the pairs (track, song) that share an identifier, each once.

    Parameters
    ----------
    tracks, songs : the lists of identifiers of track n and song n
    left : bool, which tracks are asked for
    """
    ours = tracks.to_frame("id").with_row_index("track").filter(left).explode("id").drop_nulls()
    theirs = songs.to_frame("id").with_row_index("song").explode("id").drop_nulls()
    return ours.join(theirs, on="id").select("track", "song").unique()


def _texts(values: pl.Series) -> pl.Series:
    return values.list.join(",", ignore_nulls=True) if values.dtype == pl.List else values.cast(pl.String)
