"""Artists and titles read from paths (``Artist/Album/NN - Title.ext`` and its like), and the files that paths name."""

import os
import re

import polars as pl

READINGS = {"row": pl.UInt32, "artist": pl.String, "title": pl.String, "album": pl.String}
COMPONENTS = 3  # at the end of two paths that must be equal: artist, album and file

_DISC = re.compile(r"(?:cd|disc|disk|dis[ck]o|side)[ _.-]*(?:\d{1,2}|[a-d])\b.*", re.IGNORECASE)
_YEAR = re.compile(r"^[(\[]?(?:19|20)\d\d[)\]]?\s*[-–_.]?\s+(?=\S)")
# "01 - ", "1-01 ", "01. ", "A1 - ", "(03) ": surely a number; "99 " may be the title's
_SURE_NUMBER = re.compile(
    r"^(?:\d{1,2}[-.]\d{1,3}\s+|[(\[]?(?:\d{1,2}[-.])?(?:\d{1,3}|[A-D]\d{1,2})[)\]]?\s*[-–._)]+\s*|0\d\s+)(?=\S)"
)
_NUMBER = re.compile(r"^\d{1,3}\s+(?=\S)")
_DASH = re.compile(r"\s+[-–]\s+|_-_")


def read_names(paths: pl.Series) -> pl.DataFrame:
    """Read all artists and titles that paths may stand for (``READINGS``; row: the place of the path).

    A number before a title may be its own ("99 Problems.mp3"), and the folder above a file may be an album or an
    artist, so that a path has several readings; a wrong one names nothing that anybody has played.
    """
    rows = []
    for row, path in enumerate(paths):
        rows += [(row, *reading) for reading in dict.fromkeys(_readings(path))] if path else []
    return pl.DataFrame(rows, schema=READINGS, orient="row")


def read_layout(path: str) -> tuple[str, str, str] | None:
    """Read artist, title and album from ``Artist/Album/NN - Title.ext``, the one layout that is taken at its word.

    A year before the album's name and folders of discs are passed over. None for a path with fewer than two other
    folders, or whose title does not follow a number.
    """
    folders, stem = _folders_and_stem(path)
    number = _SURE_NUMBER.match(stem)
    if len(folders) < 2 or number is None:
        return None
    artist, title, album = folders[-2].strip(), stem[number.end() :].strip(), _YEAR.sub("", folders[-1]).strip()
    return (artist, title, album) if artist and title and album else None


def _folders_and_stem(path: str) -> tuple[list[str], str]:
    *folders, name = [part for part in re.split(r"[/\\]+", path) if part not in ("", ".", "..")] or [""]
    while folders and _DISC.fullmatch(folders[-1]):
        folders.pop()
    return folders, name.rpartition(".")[0] or name


def _readings(path: str) -> list[tuple[str | None, str, str | None]]:
    folders, stem = _folders_and_stem(path)
    above = _YEAR.sub("", folders[-1]) if folders else None
    artists = [(folders[-2], above)] if len(folders) > 1 else []
    if folders:
        parts = _DASH.split(above, maxsplit=1)
        artists += [(parts[0], parts[1])] if len(parts) == 2 else []
        artists += [(folders[-1], None)]
    found = []
    for title in _without_number(stem):
        found += [(artist, title, album) for artist, album in artists]
        first, *rest = _DASH.split(title)
        for place in range(len(rest)):
            tail = " - ".join(rest[place:])
            found += [(first, one, above) for one in _without_number(tail)]
    return found


def _without_number(stem: str) -> list[str]:
    """Return the titles that the name of a file may hold: without its number, and with it where that is not sure."""
    if sure := _SURE_NUMBER.match(stem):
        return [stem[sure.end() :]]
    doubtful = _NUMBER.match(stem)
    return [stem, stem[doubtful.end() :]] if doubtful else [stem]


def same_files(tracks: pl.Series, songs: pl.Series) -> pl.DataFrame:
    """List the pairs (track, song) whose paths name one file, and no other song's.

    Their last ``COMPONENTS`` names must be equal, or the shorter path, of two names or more, be the end of the other.
    A track's path of one name counts if the song lies in the folder that holds all of the library. Only case and
    Unicode form may differ.
    """
    ours, theirs = _parts(tracks, "track"), _parts(songs, "song")
    shared = len(os.path.commonprefix([folders[:-1] for folders in theirs["parts"].to_list()]))
    same = []
    for used in range(2, COMPONENTS + 1):
        ends = [
            table.filter(pl.col("length") >= used).with_columns(end=pl.col("parts").list.tail(used).list.join("/"))
            for table in (ours, theirs)
        ]
        joined = ends[0].join(ends[1], on="end")
        shorter = pl.min_horizontal("length", "length_right")
        same.append(joined.filter((used == COMPONENTS) | (shorter == used)).select("track", "song"))
    alone = ours.filter(pl.col("length") == 1)
    same.append(
        alone.join(theirs.with_columns(parts=pl.col("parts").list.slice(shared)), on="parts").select("track", "song")
    )
    return pl.concat(same).unique().filter(pl.len().over("track") == 1)


def _parts(paths: pl.Series, row: str) -> pl.DataFrame:
    text = paths.cast(pl.String).str.normalize("NFC").str.to_lowercase().str.replace_all("\\", "/", literal=True)
    parts = text.str.replace_all(r"^(?:\./|/|[a-z]:/)+", "").str.split("/")
    frame = parts.to_frame("parts").with_row_index(row).drop_nulls()
    return frame.with_columns(length=pl.col("parts").list.len())
