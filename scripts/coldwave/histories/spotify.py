"""Spotify: the extended history that it sends on request, and the short one of the last year."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coldwave.histories.json_text import elements, head_elements, records_of
from coldwave.histories.listens import NOT_MUSIC, Batch, gather
from coldwave.histories.members import Member
from coldwave.histories.parts import read_parts
from coldwave.histories.values import number_of, seconds_of, text_of, thousandths

WORDS = "Spotify's streaming history as JSON, extended or short: a file, the folder, or the zip as it was sent"
_EXTENDED = {"ts", "ms_played", "master_metadata_track_name"}
_SHORT = {"endTime", "msPlayed"}
_OTHERS = ("episode_name", "spotify_episode_uri", "audiobook_title", "audiobook_uri", "audiobook_chapter_uri")


def recognises(path: Path | None, head: bytes) -> bool:
    """Return whether a file holds streams."""
    if head.lstrip()[:1] != b"[":
        return False
    records = [record for _, record in head_elements(head) if isinstance(record, dict)]
    return any(record.keys() >= _EXTENDED or record.keys() >= _SHORT for record in records)


def read_spotify(path: Path, options: Mapping[str, Any]) -> Iterator[Batch]:
    """Read streams. Podcasts, audiobooks and what a file of videos holds are left out as not music.

    Raises
    ------
    InputError
        The path is missing, damaged or not whole.
    """
    return read_parts(path, recognises, _read, WORDS)


def listen(record: dict[str, Any], video: bool = False) -> dict[str, Any]:
    """Return the columns of a stream. ``artist`` is the album's: the export has no other.

    The time in the file is the end; the song began as much earlier as it was played. ``offline_timestamp`` is not
    used: it is in seconds, milliseconds or 0.

    Raises
    ------
    NotAListen
        It has no time, or something in it is not text.
    """
    short = "endTime" in record
    played = thousandths(record.get("msPlayed" if short else "ms_played"))
    end = seconds_of(record.get("endTime" if short else "ts"))
    title = text_of(record.get("trackName" if short else "master_metadata_track_name"))
    other = "trackName" not in record if short else not title and any(record.get(key) for key in _OTHERS)
    return {
        "user_id": text_of(record.get("username")),
        "time": None if end is None else end - (played or 0),
        "artist": text_of(record.get("artistName" if short else "master_metadata_album_artist_name")),
        "title": title,
        "album": text_of(record.get("master_metadata_album_album_name")),
        "played": played,
        "left_out": NOT_MUSIC if other or video else None,
        "incognito": bool(record.get("incognito_mode")),
        "whole": record.get("reason_end") == "trackdone" and bool(number_of(played)),
    }


def _read(member: Member) -> Iterator[Batch]:
    # A record does not say whether it was a video: only the name that Spotify gave its file does.
    video = "_video_" in Path(member.name).name.lower()
    records = records_of(record for _, record in elements(member.stream, member.name))
    return gather(member.name, records, lambda record: listen(record, video))
