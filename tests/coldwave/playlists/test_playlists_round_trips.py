"""Whatever the names and titles, each song comes back from each format, or is returned with a reason."""

import json
import math
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.errors import InputError
from coldwave.playlists.entries import Entry
from coldwave.playlists.files import read_recipe, write_playlist
from tests.coldwave.playlists.readers import read_extinf, read_jspf, read_m3u, read_xspf

ODD = st.sampled_from(list("\r\n\t\x0b\x1b\x85\xa0\u2028\u200f\ufeff\ufffe#%:?&<>\"'\\./ é\u0301\U0001f3b5"))
TEXT = st.text(st.characters(codec="utf-8") | ODD, max_size=12)
BYTES = st.binary(min_size=1, max_size=12).filter(
    lambda name: b"/" not in name and b"\0" not in name and name.strip(b".")
)
NAMES = (TEXT.filter(lambda name: name.strip(".")).map(str.encode) | BYTES).map(
    lambda name: name.replace(b"/", b"-").replace(b"\0", b"-").decode("utf-8", "surrogateescape")
)
ENTRIES = st.builds(
    Entry,
    st.just("id"), st.none() | TEXT, st.none() | TEXT, st.none() | TEXT,
    st.none() | st.floats(-1, 1e5) | st.just(math.nan),
    st.none() | st.lists(NAMES, min_size=1, max_size=3).map(lambda parts: Path("/music", *parts)),
    st.none() | st.uuids().map(str) | TEXT,
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
RECIPES = st.dictionaries(TEXT, JSON | NAMES, max_size=3)


@pytest.fixture(scope="module", autouse=True)
def hurried():
    """Hundreds of files need not reach the disk before they are read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)
        yield


def written(path, name, entries, recipe):
    """The songs that are in the file, in order, as the writer says; None where it refuses to write any."""
    try:
        left_out = write_playlist(path, name, entries, recipe=recipe)
    except InputError:
        return None
    assert all(reason for _, reason in left_out)
    gone = [entry for entry, _ in left_out]
    kept = [entry for entry in entries if not any(entry is one for one in gone)]
    assert len(kept) + len(gone) == len(entries)
    assert read_recipe(path) == recipe == json.loads(json.dumps(recipe))
    return kept


def audio_of(entries):
    return [None if entry.audio is None else str(entry.audio).encode("utf-8", "surrogateescape") for entry in entries]


@settings(deadline=None, max_examples=150)
@given(TEXT, st.lists(ENTRIES, max_size=4), RECIPES)
def test_m3u(name, entries, recipe):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mix.m3u8")
        kept = written(path, name, entries, recipe)
        if kept is None:
            assert not path.exists()
            kept, writable = [], [entry for entry in entries if entry.audio]
        else:
            assert read_m3u(path, folder)[1] == audio_of(kept)
            assert len(read_extinf(path)) == len(kept)
            writable = [entry for entry in entries if entry.audio and not any(entry is one for one in kept)]
        for entry in writable:
            assert "\n" in str(entry.audio) or "\r" in str(entry.audio) or str(entry.audio)[-1].isspace()


@settings(deadline=None, max_examples=150)
@given(TEXT, st.lists(ENTRIES, max_size=4), RECIPES)
def test_xspf(name, entries, recipe):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mix.xspf")
        kept = written(path, name, entries, recipe)
        if kept is None:
            assert not any(entry.audio for entry in entries)
            return
        title, tracks = read_xspf(path, folder)
        assert title
        assert [track.get("location") for track in tracks] == audio_of(kept)
        for track, entry in zip(tracks, kept, strict=True):
            known = entry.seconds is not None and entry.seconds > 0
            assert not known or abs(track.get("duration", 0) - 1000 * entry.seconds) <= 0.5
            plain = (entry.title or "").isprintable() and " ".join((entry.title or "").split())
            assert not plain or track["title"] == plain


@settings(deadline=None, max_examples=150)
@given(TEXT, st.lists(ENTRIES, max_size=4), RECIPES)
def test_jspf(name, entries, recipe):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mix.jspf")
        kept = written(path, name, entries, recipe)
        tracks = [] if kept is None else read_jspf(path)["track"]
        found = [track["identifier"][0].rpartition("/")[2] for track in tracks]
        assert found == [entry.recording_mbid for entry in kept or []]
        assert found == [e.recording_mbid for e in entries if e.recording_mbid and len(e.recording_mbid) == 36]
