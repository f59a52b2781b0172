"""JSPF as ListenBrainz takes it: songs are recordings at MusicBrainz, and the playlist is private.

Paths are left out: they say nothing to a service, and something of the machine that they come from.
"""

import json
from collections.abc import Sequence

from coldwave.playlists.entries import Entry, Format, LeftOut, Locate, Recipe
from coldwave.playlists.words import NO_RECORDING, NOT_A_RECORDING, RECIPE, as_json, recording_of, said, seconds_of

PLAYLIST = "https://musicbrainz.org/doc/jspf#playlist"


def _write(name: str, entries: Sequence[Entry], recipe: Recipe | None, locate: Locate) -> tuple[bytes, list[LeftOut]]:
    known = [entry for entry in entries if recording_of(entry)]
    left_out = [
        LeftOut(entry, NOT_A_RECORDING if entry.recording_mbid else NO_RECORDING)
        for entry in entries
        if not recording_of(entry)
    ]
    extension = {PLAYLIST: {"public": False}}
    if recipe is not None:
        extension[RECIPE] = [json.loads(as_json(recipe))]
    playlist = {"title": name, "extension": extension, "track": [_track(entry) for entry in known]}
    text = json.dumps({"playlist": playlist}, ensure_ascii=False, indent=2) + "\n"
    # bytes of file names in a recipe that are no UTF-8 become JSON's own escapes
    return text.encode("utf-8", "backslashreplace"), left_out


def _track(entry: Entry) -> dict[str, object]:
    seconds = seconds_of(entry)
    texts = {"title": said(entry.title), "creator": said(entry.artist), "album": said(entry.album)}
    return {
        "identifier": [recording_of(entry)],
        **{key: text for key, text in texts.items() if text},
        **({} if seconds is None else {"duration": round(1000 * seconds)}),  # milliseconds
    }


def _recipe(content: bytes) -> str | None:
    try:
        bodies = json.loads(content)["playlist"].get("extension", {}).get(RECIPE)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a JSPF playlist: {error!r}") from error
    return json.dumps(bodies[0]) if isinstance(bodies, list) and bodies else None


JSPF = Format(_write, _recipe)
