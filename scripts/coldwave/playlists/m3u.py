"""Extended M3U: a line of length and title for each song, and a line of its path.

Players skip lines that begin with # and cut blanks off both ends of a line (Navidrome does), so a path that begins so
is written with ``./`` before it. Paths are plain text: percent signs are not decoded.
"""

from collections.abc import Sequence

from coldwave.playlists.entries import Entry, Format, LeftOut, Locate, Recipe
from coldwave.playlists.locations import as_bytes
from coldwave.playlists.words import NO_AUDIO, NO_NAME, as_json, said, seconds_of

_RECIPE = "#COLDWAVE-RECIPE:"
BROKEN_NAME = "its path has a line break, which M3U cannot hold: rename the file, or write XSPF"
BLANK_END = "its path ends in a blank, which players cut off: rename the file, or write XSPF"


def _write(name: str, entries: Sequence[Entry], recipe: Recipe | None, locate: Locate) -> tuple[bytes, list[LeftOut]]:
    lines = [b"#EXTM3U", f"#PLAYLIST:{name}".encode()]
    lines += [f"{_RECIPE}{as_json(recipe)}".encode()] if recipe is not None else []
    left_out = []
    for entry in entries:
        path = _path(entry, locate)
        if isinstance(path, bytes):
            lines += [_told(entry).encode(), path]
        else:
            left_out.append(LeftOut(entry, path))
    return b"\n".join(lines) + b"\n", left_out


def _path(entry: Entry, locate: Locate) -> bytes | str:
    """Return the line of a song's path, or why it cannot have one."""
    if entry.audio is None:
        return NO_AUDIO
    path = locate(entry.audio)
    if "\n" in path or "\r" in path:
        return BROKEN_NAME
    if path != path.rstrip():
        return BLANK_END
    try:
        return as_bytes(f"./{path}" if path.startswith("#") or path != path.lstrip() else path)
    except UnicodeEncodeError:
        return NO_NAME


def _told(entry: Entry) -> str:
    seconds = seconds_of(entry)
    words = [word for word in (said(entry.artist), said(entry.title) or said(entry.audio.stem)) if word]
    return f"#EXTINF:{-1 if seconds is None else max(1, round(seconds))},{' - '.join(words)}"


def _recipe(content: bytes) -> str | None:
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    return next((line.removeprefix(_RECIPE) for line in lines if line.startswith(_RECIPE)), None)


M3U = Format(_write, _recipe)
