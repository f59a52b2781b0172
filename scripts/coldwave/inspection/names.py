"""Find columns by their names; some of a config's tables know further ones."""

from collections.abc import Iterable, Sequence

from coldwave.plays import names
from coldwave.plays.columns import bare

# Each as `bare` leaves it. The likeliest first.
USER, TIME = names.USER, names.TIME
COUNT = (*names.COUNT, "weight")
PLAYED = ("songid", "trackid", "itemid", "recordingmbid", "recordingid", "song", "track", "item", "recording")
PLAYED += ("trackmbid", "mbid", "artistid")

ID = ("songid", "trackid", "itemid", "id", "recordingmbid", "recordingid", "trackmbid", "mbid", "artistid")
OF_A_SONG = {
    "title": names.TITLE,
    "artist": names.ARTIST,
    "album": names.ALBUM,
    "date": ("date", "releasedate", "released", "year"),
    "tags": ("tags", "genre", "genres"),
    "audio": ("audio", "audiopath", "audiofile", *names.FILE),
}

_ALL = {*USER, *PLAYED, *COUNT, *TIME, *ID, *(name for known in OF_A_SONG.values() for name in known)}


def column_of(known: Iterable[str], header: Sequence[str]) -> str | None:
    """Find the first column that has one of the known names, the likeliest name first; None without one."""
    plain = {bare(name): name for name in reversed(header)}
    return next((plain[name] for name in known if name in plain), None)


def is_known(name: str) -> bool:
    """Return whether a text is the name of a column."""
    return bare(name) in _ALL
