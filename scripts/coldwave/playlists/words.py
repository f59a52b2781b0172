"""What the formats say of a song alike: its texts on one line, its length, its recording."""

import json
import math

from coldwave.playlists.entries import Entry, Recipe
from coldwave.plays.identifiers import mbid_of
from coldwave.shown import one_line

RECIPE = "urn:coldwave:recipe"  # names the recipe among what others store in a playlist
NO_AUDIO = "no audio file is known for it"
NO_NAME = "its path is not one that a file can have"
NO_RECORDING = "no MusicBrainz recording id is known for it"
NOT_A_RECORDING = "its MusicBrainz recording id is not one"


def said(text: str | None) -> str:
    """Return a text on one line, its control characters made visible, so that it cannot act on the file's lines."""
    return one_line(text or "")


def seconds_of(entry: Entry) -> float | None:
    """Return the song's length; None where it is not known, not finite or not above 0."""
    known = entry.seconds is not None and math.isfinite(entry.seconds) and entry.seconds > 0
    return entry.seconds if known else None


def recording_of(entry: Entry) -> str | None:
    """Return the address of the song's recording at MusicBrainz; None without a valid id."""
    mbid = mbid_of(entry.recording_mbid)
    return f"https://musicbrainz.org/recording/{mbid}" if mbid else None


def as_json(recipe: Recipe) -> str:
    """Write a recipe on one line of ASCII. Raises TypeError or ValueError where it holds what JSON cannot."""
    return json.dumps(recipe, allow_nan=False)
