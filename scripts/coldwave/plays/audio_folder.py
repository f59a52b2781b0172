"""A folder of audio files as a songs table: ids from their paths or tags, names from their tags or else their paths."""

import logging
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from coldwave.audio.state import SUFFIXES, leads_to_folder
from coldwave.errors import InputError
from coldwave.matching.paths import read_layout
from coldwave.plays.audio_paths import from_here
from coldwave.plays.dates import release_date
from coldwave.plays.identifiers import mbid_of
from coldwave.progress import track

log = logging.getLogger(__name__)

# Names of each tag in the formats that mutagen reads: its easy names (and Vorbis's), ID3's, ASF's
_NAMES = {
    "title": ("title", "TIT2"),
    "artist": ("artist", "TPE1", "Author"),
    "album": ("album", "TALB", "WM/AlbumTitle"),
    "date": ("date", "year", "TDRC", "TYER", "WM/Year"),
    "tags": ("genre", "TCON", "WM/Genre"),
    "recordings": ("musicbrainz_trackid", "UFID:http://musicbrainz.org", "MusicBrainz/Track Id"),
    "release_tracks": (
        "musicbrainz_releasetrackid",
        "TXXX:MusicBrainz Release Track Id",
        "MusicBrainz/Release Track Id",
    ),
    "isrcs": ("isrc", "TSRC", "WM/ISRC"),
}
# What mutagen's easy names for MP4 lack
_MP4_NAMES = {"musicbrainz_releasetrackid": "MusicBrainz Release Track Id", "isrc": "ISRC"}

NO_RECORDING = "no MusicBrainz recording id in its tags"
BAD_NAME = "file name is not valid UTF-8"
CLOSED = "folder cannot be listed"
NO_FILE = "not a regular file, or a link that leads nowhere"

LONGEST_TAG = 1 << 24  # bytes of a compressed tag, unpacked, covers included


class AudioTags(NamedTuple):
    """What a file's tags say, and how long it lasts; ``readable`` is False where they could not be read.

    ``recording`` is the first of ``recordings``, the MusicBrainz ids of recordings; ``release_tracks`` are those of
    tracks of releases. Ids are as they are written.
    """

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    date: str | None = None
    tags: tuple[str, ...] = ()
    recording: str | None = None
    recordings: tuple[str, ...] = ()
    release_tracks: tuple[str, ...] = ()
    isrcs: tuple[str, ...] = ()
    seconds: float | None = None
    readable: bool = True


def audio_files(folder: Path) -> tuple[list[Path], list[tuple[str, Path]]]:
    """List the audio files below a folder, by suffix, and the paths set aside, each with the reason; both sorted.

    Folders that cannot be listed are set aside, and so is what has the name of an audio file but is none: a pipe, a
    socket, a device, a link that leads nowhere. Hidden files and folders are left out.

    Links to folders are followed last, and a folder is listed only once, so that links in a circle, or to a folder
    listed already, add nothing.

    Raises
    ------
    InputError
        The folder itself cannot be listed.
    """
    files: list[Path] = []
    set_aside: list[tuple[str, Path]] = []
    links: list[Path] = []
    seen: set[tuple[int, int]] = set()
    again = 0
    waiting = [folder]
    while waiting or links:
        here = waiting.pop() if waiting else links.pop(0)
        try:
            status = here.stat()
            if (status.st_dev, status.st_ino) in seen:
                again += 1
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = _entries(here)
        except OSError as error:
            if here == folder:
                raise InputError(f"{folder}: this {CLOSED} ({error.strerror}) (plays.songs.path)") from error
            set_aside.append((CLOSED, here))
            continue
        for entry in entries:
            path = Path(entry.path)
            if leads_to_folder(entry):
                (links if entry.is_symlink() else waiting).append(path)
            elif path.suffix.lower() not in SUFFIXES:
                continue
            elif _is_file(entry):
                files.append(path)
            else:
                set_aside.append((NO_FILE, path))
    if again:
        log.info("%s: %d links lead to folders listed already", folder, again)
    return sorted(files), sorted(set_aside)


def _is_file(entry: os.DirEntry) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link in a circle
        return False


def _entries(folder: Path) -> list[os.DirEntry]:
    with os.scandir(folder) as entries:
        return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)


def read_tags(path: Path) -> AudioTags:
    """Read a file's tags with mutagen. Several values are joined by commas, except genres: each is a tag."""
    import mutagen
    import mutagen.easymp4
    import mutagen.id3._frames

    # ID3 tags may be compressed, and mutagen unpacks them without a limit.
    mutagen.id3._frames.zlib = _BoundedZlib
    for name, written in _MP4_NAMES.items():
        mutagen.easymp4.EasyMP4Tags.RegisterFreeformKey(name, written)
    try:
        file = mutagen.File(path, easy=True)
    except Exception:  # on damaged files, parsers fail in more ways than they document
        return AudioTags(readable=False)
    if file is None:
        return AudioTags(readable=False)
    values = {field: _values(file.tags, names) for field, names in _NAMES.items()}
    text = {field: ", ".join(values[field]) or None for field in ("title", "artist", "album")}
    date = next(filter(None, map(release_date, values["date"])), None)
    several = {
        field: tuple(dict.fromkeys(values[field])) for field in ("tags", "recordings", "release_tracks", "isrcs")
    }
    recording = several["recordings"][0] if several["recordings"] else None
    return AudioTags(**text, date=date, **several, recording=recording, seconds=_seconds(file))


def _seconds(file: object) -> float | None:
    """Return how long a file lasts, as its header says; None if that is unknown or no length."""
    seconds = getattr(file.info, "length", None)
    return float(seconds) if isinstance(seconds, (int, float)) and 0 < seconds < float("inf") else None


class _BoundedZlib:
    """The part of zlib that mutagen uses, refusing what would fill the memory."""

    error = zlib.error

    @staticmethod
    def decompress(data: bytes) -> bytes:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(data, LONGEST_TAG)
        if not unpacker.eof:
            raise zlib.error("not whole, or too long")
        return text


def _values(tags: object, names: tuple[str, ...]) -> list[str]:
    """Return the texts of the first tag found; none if it cannot be understood."""
    for name in names:
        try:
            value = tags[name]
        except Exception:  # no tags, no such tag, a name that the format does not allow, damaged content
            continue
        value = getattr(value, "genres", None) or getattr(value, "text", None) or getattr(value, "data", value)
        items = value if isinstance(value, (list, tuple)) else [value]
        texts = [item.decode("ascii", "replace") if isinstance(item, bytes) else str(item) for item in items]
        texts = [text.replace("\0", " ").strip() for text in texts]
        texts = [text.encode("utf-8", "replace").decode() for text in texts if text]
        if texts:
            return texts
    return []


def read_folder(
    folder: Path, id_from: str, threads: int = 1
) -> tuple[list[dict[str, object]], list[tuple[int | None, str, str]]]:
    """Make a songs table from a folder.

    ``id_from`` says what a song's id is: ``path`` (relative to the folder), ``stem`` (file name without suffix) or
    ``recording_mbid`` (MusicBrainz recording id, from the tags). A file without any tag has the artist, title and album
    of its path in the folder, if that is ``Artist/Album/NN - Title.ext``.

    Returns
    -------
    songs
        For each file, in the order of their paths, what a songs table has (``coldwave.plays.manifest.COLUMNS``).
    rejected
        (None, reason, path) of files without an id, and of what ``audio_files`` sets aside.

    Raises
    ------
    InputError
        No audio file is found, or ``id_from`` is none of the three.
    """
    if id_from not in ("path", "stem", "recording_mbid"):
        raise InputError(f"plays.songs.id_from: {id_from!r} is not one of path, stem, recording_mbid")
    files, set_aside = audio_files(folder)
    if not files:
        suffixes = " ".join(sorted(SUFFIXES))
        hidden = f"; set aside: {set_aside[0][1]} ({set_aside[0][0]})" if set_aside else ""
        raise InputError(f"{folder}: no audio file in this folder (plays.songs.path); looked for {suffixes}{hidden}")
    songs, rejected, unreadable = [], [(None, reason, str(path)) for reason, path in set_aside], 0
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        for path, tags in zip(files, track(pool.map(read_tags, files), "tags read", len(files)), strict=True):
            unreadable += not tags.readable
            song_id = _song_id(path, folder, id_from, tags)
            if not _is_text(str(path)):
                rejected.append((None, BAD_NAME, str(path)))
            elif song_id is None:
                rejected.append((None, NO_RECORDING, from_here(path)))
            else:
                tags = named_by_path(tags, path.relative_to(folder))
                fields = {name: getattr(tags, name) for name in ("title", "artist", "album", "date")}
                fields["tags"] = list(tags.tags)
                identifiers = {"recording_mbid": tags.recordings, "track_mbid": tags.release_tracks, "isrc": tags.isrcs}
                identifiers = {name: ",".join(ids) or None for name, ids in identifiers.items()}
                songs.append(
                    {"song_id": song_id, **fields, "audio": from_here(path), **identifiers, "seconds": tags.seconds}
                )
    if unreadable:
        log.warning("%s: tags of %s files could not be read; at best their paths name them", folder, f"{unreadable:,}")
    return songs, rejected


def named_by_path(tags: AudioTags, path: Path) -> AudioTags:
    """Name a file without any tag by its path in the library, if its layout is ``Artist/Album/NN - Title.ext``."""
    untagged = tags._replace(seconds=None, readable=True) == AudioTags()
    found = read_layout(path.as_posix()) if untagged else None
    return tags if found is None else tags._replace(**dict(zip(("artist", "title", "album"), found, strict=True)))


def _song_id(path: Path, folder: Path, id_from: str, tags: AudioTags) -> str | None:
    if id_from == "path":
        return path.relative_to(folder).as_posix()
    if id_from == "stem":
        return path.stem
    return mbid_of(tags.recording)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
