"""Readers of playlists, written apart from the writers: M3U as Navidrome reads it, XSPF and JSPF by their rules."""

import json
import posixpath
import re
import xml.etree.ElementTree as ET
from urllib.parse import unquote_to_bytes, urlsplit

XSPF = "{http://xspf.org/ns/0/}"
OF_A_TRACK = {"location", "identifier", "title", "creator", "annotation", "info", "image", "album", "trackNum",
              "duration", "link", "meta", "extension"}  # fmt: skip
OF_A_PLAYLIST = OF_A_TRACK - {"album", "trackNum", "duration"} | {"date", "license", "attribution", "trackList"}
URI = re.compile(rb"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")


def read_m3u(path, folder):
    """The name of an M3U and the absolute paths in it, as bytes, for a player that sees the playlist in ``folder``."""
    content = path.read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf") and b"\r" not in content and content.endswith(b"\n")
    name, found = None, []
    for line in content.split(b"\n"):
        line = line.decode("utf-8", "surrogateescape").strip()
        if line.startswith("#PLAYLIST:"):
            name = line[len("#PLAYLIST:") :]
        elif line and not line.startswith("#"):
            assert not line.startswith("file://")
            found.append(posixpath.normpath(posixpath.join(folder, line)).encode("utf-8", "surrogateescape"))
    return name, found


def read_extinf(path):
    """The length and the title of each song of an M3U; every song has its line just before its path."""
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").removesuffix("\n").split("\n")
    assert lines[0] == "#EXTM3U"
    songs = [line for line in lines[1:] if not line.startswith(("#PLAYLIST:", "#COLDWAVE-RECIPE:"))]
    told, paths = songs[::2], songs[1::2]
    assert len(told) == len(paths) and not any(line.startswith("#") for line in paths)
    return [
        (int(seconds), title) for seconds, title in (re.fullmatch(r"#EXTINF:(-?\d+),(.*)", t).groups() for t in told)
    ]


def read_xspf(path, folder):
    """The title and the tracks of an XSPF file, checked against the rules of version 1; locations as absolute bytes."""
    root = ET.fromstring(path.read_bytes())
    assert root.tag == f"{XSPF}playlist" and root.attrib == {"version": "1"}
    check_children(root, OF_A_PLAYLIST)
    assert [child.tag for child in root].count(f"{XSPF}trackList") == 1
    for meta in root.iterfind(f"{XSPF}meta"):
        assert set(meta.attrib) == {"rel"} and urlsplit(meta.get("rel")).scheme and len(meta) == 0
    tracks = []
    for track in root.find(f"{XSPF}trackList"):
        assert track.tag == f"{XSPF}track" and not track.attrib
        check_children(track, OF_A_TRACK)
        values = {child.tag.removeprefix(XSPF): child.text for child in track}
        if "duration" in values:
            values["duration"] = int(values["duration"])
            assert values["duration"] >= 0
        if "location" in values:
            values["location"] = located(values["location"], folder)
        tracks.append(values)
    return root.findtext(f"{XSPF}title"), tracks


def check_children(element, known):
    names = [child.tag.removeprefix(XSPF) for child in element]
    assert set(names) <= known
    assert all(names.count(name) == 1 for name in names if name not in ("location", "identifier", "link", "meta"))


def located(uri, folder):
    """The absolute path, as bytes, that a location of a playlist in ``folder`` stands for."""
    assert URI.fullmatch(uri.encode("ascii"))
    parts = urlsplit(uri)
    assert parts.scheme in ("", "file") and not parts.query and not parts.fragment
    path = unquote_to_bytes(parts.path)
    return posixpath.normpath(posixpath.join(folder.encode("utf-8", "surrogateescape"), path))


def read_jspf(path):
    """The playlist of a JSPF file, checked as ListenBrainz checks one that is sent to it."""
    playlist = json.loads(path.read_bytes().decode("utf-8"))["playlist"]
    assert isinstance(playlist["title"], str) and playlist["title"]
    assert isinstance(playlist["extension"]["https://musicbrainz.org/doc/jspf#playlist"]["public"], bool)
    for track in playlist["track"]:
        assert isinstance(track["identifier"], list) and len(track["identifier"]) == 1
        assert re.fullmatch(r"https://musicbrainz\.org/recording/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                            track["identifier"][0])  # fmt: skip
    return playlist
