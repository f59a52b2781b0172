"""Overrides of the matching, which people write: a table of artist, title, album and the song meant, or "none"."""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from coldwave.errors import InputError
from coldwave.exhibits.files import from_spreadsheet
from coldwave.matching.names import plain
from coldwave.matching.written import overrides_of

OVERRIDES = {"artist": pl.String, "title": pl.String, "album": pl.String, "song_id": pl.String}
NONE = "none"


def read_overrides(path: Path, songs: Collection[str]) -> pl.DataFrame:
    """Read a CSV of overrides (``OVERRIDES``): a header with artist, title, song_id, and album if wanted, in any order.

    ``song_id`` is one of ``songs``, or "none" for a track that is none of them; rows where it is empty are left out, so
    that a list of unmatched tracks can be filled in bit by bit. An empty album means any.

    Raises
    ------
    InputError
        The file, a column or a song is missing, a row is malformed, or two rows say different things of one track.
    """
    known = set(songs)
    kept, lines = [], []
    for line, fields in overrides_of(path):
        artist, title, song, album = (from_spreadsheet(field) or None for field in fields)
        if song is None:
            continue
        if song not in known and song.lower() != NONE:
            raise InputError(
                f'{path}, line {line}: the library has no song {song!r}; write the id of one that it has, or "{NONE}"'
            )
        kept.append((artist, title, album, song))
        lines.append(line)
    table = pl.DataFrame(kept, schema=OVERRIDES, orient="row")
    _refuse_contradictions(path, table, lines)
    return table


def _refuse_contradictions(path: Path, table: pl.DataFrame, lines: list[int]) -> None:
    names = table.select(plain(table[name]).alias(name) for name in ("artist", "title", "album"))
    said: dict[tuple, tuple[str, int]] = {}
    for row, song, line in zip(names.iter_rows(), table["song_id"], lines, strict=True):
        before, first = said.setdefault(row, (song, line))
        if before != song:
            raise InputError(f"{path}, lines {first} and {line}: the same track is both {before!r} and {song!r}")


def apply_overrides(tracks: pl.DataFrame, ids: pl.Series, overrides: pl.DataFrame) -> pl.DataFrame:
    """Find the tracks that overrides name; one that names the album too goes before one that does not.

    Names are compared without case and width, punctuation counts.

    Parameters
    ----------
    overrides : as `read_overrides` has checked them against ``ids``

    Returns
    -------
    DataFrame
        track (the row), song (the place in ``ids``; null for none)
    """
    said = overrides.select(plain(overrides[name]).alias(name) for name in ("artist", "title", "album"))
    song_ids = overrides["song_id"]
    known = ids.to_frame("song_id").with_row_index("song")
    said = said.with_columns(song_id=song_ids).join(known, on="song_id", how="left", maintain_order="left")
    ours = tracks.select(plain(tracks[name]).alias(name) for name in ("artist", "title", "album"))
    ours = ours.with_row_index("track")
    names = ["artist", "title"]
    whole = said.filter(pl.col("album").is_not_null()).unique([*names, "album"], keep="first", maintain_order=True)
    any_album = said.filter(pl.col("album").is_null()).drop("album").unique(names, keep="first", maintain_order=True)
    found = [
        ours.join(whole, on=[*names, "album"], nulls_equal=True).select("track", "song"),
        ours.join(any_album, on=names, nulls_equal=True).select("track", "song"),
    ]
    return pl.concat(found).unique("track", keep="first", maintain_order=True)
