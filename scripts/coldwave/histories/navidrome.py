"""Navidrome: the scrobbles and play counts in its SQLite database, which is only read."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from coldwave.errors import InputError
from coldwave.histories.events import NOT_A_COUNT
from coldwave.histories.listens import Batch, Record, gather
from coldwave.histories.members import Member
from coldwave.histories.parts import read_parts
from coldwave.histories.values import NotAListen, length_of, number_of, seconds_of, text_of
from coldwave.plays.counts import LARGEST
from coldwave.plays.identifiers import mbid_of

WORDS = "Navidrome's database (navidrome.db)"
_MAGIC = b"SQLite format 3\0"
_NEEDED = {"media_file", "annotation"}

_SCROBBLES = """
    SELECT s.user_id, s.media_file_id AS song, s.submission_time AS time, 1 AS count
    FROM scrobbles s ORDER BY s.rowid
"""
# A play adds a scrobble and one to the count: what the count has beyond the scrobbles was played before they were kept.
_COUNTS = """
    SELECT a.user_id, a.item_id AS song, NULL AS time, a.play_count AS count
    FROM annotation a WHERE a.item_type = 'media_file' AND a.play_count > 0
    ORDER BY a.user_id, a.item_id
"""
_EARLIER = """
    SELECT a.user_id, a.item_id AS song, NULL AS time, a.play_count - coalesce(s.number, 0) AS count
    FROM annotation a LEFT JOIN (
        SELECT user_id, media_file_id, count(*) AS number FROM scrobbles GROUP BY user_id, media_file_id
    ) s ON s.user_id = a.user_id AND s.media_file_id = a.item_id
    WHERE a.item_type = 'media_file' AND a.play_count > coalesce(s.number, 0)
    ORDER BY a.user_id, a.item_id
"""


def recognises(path: Path | None, head: bytes) -> bool:
    """Return whether a file is a database of Navidrome."""
    if path is None or not head.startswith(_MAGIC):
        return False
    try:
        with closing(_open(path)) as database:
            return _tables(database) >= _NEEDED
    except sqlite3.Error:
        return False


def read_navidrome(path: Path, options: Mapping[str, Any]) -> Iterator[Batch]:
    """Read scrobbles, each with its time, and then the plays that are only counted, without a time.

    ``path`` is relative to the song's library, as Navidrome keeps it.

    Raises
    ------
    InputError
        The path is missing, damaged, locked, or no such database.
    """
    return read_parts(path, recognises, _read, WORDS)


def listen(row: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a row.

    Raises
    ------
    NotAListen
        It has no time where it should, its count is none, or something in it is not text.
    """
    if not isinstance(row["count"], int) or row["count"] < 1:  # a column of SQLite may hold anything
        raise NotAListen(NOT_A_COUNT)
    return {
        "user_id": text_of(row["user_name"]) or text_of(row["user_id"]),
        "time": None if row["time"] is None else seconds_of(row["time"]),
        "artist": text_of(row["artist"]),
        "title": text_of(row["title"]),
        "album": text_of(row["album"]),
        "recording_mbid": mbid_of(row["mbid"]),
        "duration": length_of(number_of(row["duration"])),
        "count": min(row["count"], LARGEST),
        "path": text_of(row["path"]),
    }


def _read(member: Member) -> Iterator[Batch]:
    try:
        if member.path is None or not member.head.startswith(_MAGIC):
            raise InputError(f"{member.name}: not an SQLite database; {WORDS} is wanted")
        with closing(_open(member.path)) as database:
            tables = _tables(database)
            if not tables >= _NEEDED:
                raise InputError(f"{member.name}: no tables {', '.join(sorted(_NEEDED))}; {WORDS} is wanted")
            yield from gather(member.name, _records(database, tables), listen)
    except sqlite3.Error as error:
        raise InputError(f"{member.name}: the database cannot be read ({error})") from error


def _records(database: sqlite3.Connection, tables: set[str]) -> Iterator[Record]:
    found = {row[1] for row in database.execute("PRAGMA table_info(media_file)")}
    mbid = next((name for name in ("mbz_recording_id", "mbz_track_id") if name in found), "NULL")
    user = "u.user_name" if "user" in tables else "NULL"
    join_user = "LEFT JOIN user u ON u.id = l.user_id" if "user" in tables else ""
    number = 0
    for plays in (_SCROBBLES, _EARLIER) if "scrobbles" in tables else (_COUNTS,):
        cursor = database.execute(
            f"""SELECT l.user_id, {user} AS user_name, l.time, l.count, m.artist, m.title, m.album, m.path, m.duration,
            m.{mbid} AS mbid FROM ({plays}) l LEFT JOIN media_file m ON m.id = l.song {join_user}""".replace(
                "m.NULL", "NULL"
            )
        )
        names = [column[0] for column in cursor.description]
        for row in cursor:
            number += 1
            yield number, None, dict(zip(names, row, strict=True))


def _tables(database: sqlite3.Connection) -> set[str]:
    return {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _open(path: Path) -> sqlite3.Connection:
    """Open a database that a server may be writing. In a folder that may not be written, it is taken as it lies."""
    log = path.with_name(f"{path.name}-wal")
    is_written = log.is_file() and log.stat().st_size > 0
    for way in ("mode=ro", "mode=ro&immutable=1"):
        database = sqlite3.connect(f"{path.resolve().as_uri()}?{way}", uri=True, timeout=30)
        database.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
        try:
            database.execute("SELECT 1 FROM sqlite_master").fetchone()
            return database
        except sqlite3.Error as error:
            database.close()
            if is_written or "immutable" in way:
                raise
            first = error
    raise first
