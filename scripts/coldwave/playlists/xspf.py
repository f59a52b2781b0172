"""XSPF, version 1: a playlist in XML, whose songs have a location as a URI, texts and a recording.

A song without audio is written too: a player may find it by its recording or by its title.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from coldwave.playlists.entries import Entry, Format, LeftOut, Locate, Recipe
from coldwave.playlists.locations import as_uri
from coldwave.playlists.words import NO_NAME, RECIPE, as_json, recording_of, said, seconds_of

NAMESPACE = "http://xspf.org/ns/0/"
NOTHING_KNOWN = "neither an audio file nor a title nor a MusicBrainz recording id is known for it"


def _write(name: str, entries: Sequence[Entry], recipe: Recipe | None, locate: Locate) -> tuple[bytes, list[LeftOut]]:
    playlist = ET.Element("playlist", version="1", xmlns=NAMESPACE)
    ET.SubElement(playlist, "title").text = name
    if recipe is not None:
        ET.SubElement(playlist, "meta", rel=RECIPE).text = as_json(recipe)
    tracks = ET.SubElement(playlist, "trackList")
    left_out = []
    for entry in entries:
        try:
            location = entry.audio and as_uri(locate(entry.audio))
        except UnicodeEncodeError:
            left_out.append(LeftOut(entry, NO_NAME))
            continue
        if location or said(entry.title) or recording_of(entry):
            _add(ET.SubElement(tracks, "track"), entry, location)
        else:
            left_out.append(LeftOut(entry, NOTHING_KNOWN))
    ET.indent(playlist)
    return ET.tostring(playlist, encoding="utf-8", xml_declaration=True) + b"\n", left_out


def _add(track: ET.Element, entry: Entry, location: str | None) -> None:
    seconds = seconds_of(entry)
    values = {
        "location": location,
        "identifier": recording_of(entry),
        "title": said(entry.title),
        "creator": said(entry.artist),
        "album": said(entry.album),
        "duration": seconds and str(round(1000 * seconds)),  # milliseconds
    }
    for tag, value in values.items():
        if value:
            ET.SubElement(track, tag).text = value


def _recipe(content: bytes) -> str | None:
    try:
        playlist = ET.fromstring(content)
    except (ET.ParseError, LookupError) as error:  # LookupError: an encoding that is not known
        raise ValueError(f"not whole XML: {error}") from error
    found = (meta.text for meta in playlist.iterfind(f"{{{NAMESPACE}}}meta") if meta.get("rel") == RECIPE)
    return next(found, None)


XSPF = Format(_write, _recipe)
