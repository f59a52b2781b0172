"""Write playlists, and read back how one was made. The file's suffix names its format."""

import json
from collections.abc import Sequence
from pathlib import Path

from coldwave.errors import InputError
from coldwave.files import replacing
from coldwave.playlists.entries import Entry, Format, LeftOut, Recipe
from coldwave.playlists.jspf import JSPF
from coldwave.playlists.locations import locating
from coldwave.playlists.m3u import M3U
from coldwave.playlists.words import said
from coldwave.playlists.xspf import XSPF

FORMATS = {".m3u": M3U, ".m3u8": M3U, ".xspf": XSPF, ".jspf": JSPF}


def write_playlist(
    path: Path,
    name: str,
    entries: Sequence[Entry],
    *,
    recipe: Recipe | None = None,
    prefixes: Sequence[tuple[str, str]] = (),
) -> list[LeftOut]:
    """Write a playlist in the format of the path's suffix, and return the songs that it cannot hold, with reasons.

    UTF-8 without a byte order mark, lines ended by a line feed. M3U needs a song's audio, JSPF its recording at
    MusicBrainz; XSPF takes either, or a title. A JSPF file may be of any length, but ListenBrainz adds at most 100
    songs a request.

    Parameters
    ----------
    name : of the playlist; the file's name where it is blank
    recipe : how the list was made, as JSON can hold it; `read_recipe` gives it back
    prefixes : pairs (FROM, TO): audio below the folder FROM is named by the folder TO, where the player sees it.
        Other audio is named relative to the playlist's folder

    Raises
    ------
    InputError
        The suffix is unknown, a prefix is wrong, or none of the songs can be written: an older file is then kept.
    """
    found = format_of(path)
    content, left_out = found.write(said(name) or said(path.stem), entries, recipe, locating(path, prefixes))
    if left_out and len(left_out) == len(entries):
        raise InputError(
            f"{path}: none of the {len(entries):,} songs can be written, e.g. {said(entries[0].song_id)}: "
            f"{left_out[0].reason}"
        )
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return left_out


def read_recipe(path: Path) -> Recipe:
    """Read how a playlist was made, as `write_playlist` has stored it.

    Raises
    ------
    InputError
        The file is missing, not a playlist of its suffix, or holds no recipe.
    """
    found = format_of(path)
    try:
        text = found.recipe(path.read_bytes())
        recipe = None if text is None else json.loads(text)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such playlist") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: its recipe cannot be read ({error}); make the playlist anew") from error
    if not isinstance(recipe, dict):
        raise InputError(f"{path}: there is no recipe in it; only a playlist that Coldwave has made can be refreshed")
    return recipe


def format_of(path: Path) -> Format:
    """Return the format that a path's suffix names.

    Raises
    ------
    InputError
        None; the message names those that can be written.
    """
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise InputError(f"{path}: a playlist's name ends in one of {', '.join(FORMATS)}") from None
