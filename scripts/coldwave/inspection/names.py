"""What columns hold, by their names as data sets and programs give them."""

from collections.abc import Iterable, Sequence

from coldwave.plays.columns import bare

# Each as `bare` leaves it. The likeliest first.
USER = ("userid", "user", "username", "uid", "usersha1", "listenerid", "listener")
PLAYED = ("songid", "trackid", "itemid", "recordingmbid", "recordingid", "song", "track", "item", "recording")
PLAYED += ("trackmbid", "mbid", "artistid")
COUNT = ("count", "playcount", "plays", "listens", "listencount", "weight")
TIME = ("time", "timestamp", "playedat", "listenedat", "datetime", "date", "ts", "uts")

ID = ("songid", "trackid", "itemid", "id", "recordingmbid", "recordingid", "trackmbid", "mbid", "artistid")
OF_A_SONG = {
    "title": ("title", "songtitle", "tracktitle", "trackname", "songname", "name", "song", "track"),
    "artist": ("artist", "artistname", "artists", "creator", "performer"),
    "album": ("album", "albumname", "albumtitle", "release", "releasename"),
    "date": ("date", "releasedate", "released", "year"),
    "tags": ("tags", "genre", "genres"),
    "audio": ("audio", "audiopath", "audiofile", "path", "filepath", "filename", "file", "location"),
}

_ALL = {*USER, *PLAYED, *COUNT, *TIME, *ID, *(name for names in OF_A_SONG.values() for name in names)}


def column_of(known: Iterable[str], header: Sequence[str]) -> str | None:
    """Find the first column that has one of the known names, the likeliest name first; None without one."""
    plain = {bare(name): name for name in reversed(header)}
    return next((plain[name] for name in known if name in plain), None)


def is_known(name: str) -> bool:
    """Return whether a text is the name of a column."""
    return bare(name) in _ALL
