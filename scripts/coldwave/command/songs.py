"""Find songs of a run by what people call them, and make entries of playlists of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from coldwave.analysis.names import song_labels
from coldwave.errors import InputError
from coldwave.files import read_table
from coldwave.matching.names import folded
from coldwave.playlists.entries import Entry
from coldwave.plays.audio_folder import AudioTags, read_tags
from coldwave.shown import one_line

if TYPE_CHECKING:
    from coldwave.use.run import Run

LISTED = 10  # songs that fit, in an error


def find_song(songs: pl.DataFrame, text: str) -> str:
    """Find the one song that a text means: by its id, its whole title or name, or words of its title and artist.

    Case, accents and punctuation do not matter, except in an id (``coldwave.matching.names.folded``).

    Parameters
    ----------
    songs : table ``song_id``, ``title``, ``artist``

    Returns
    -------
    the song's id

    Raises
    ------
    InputError
        It fits no song or several; the message lists them.
    """
    if text in songs["song_id"]:
        return text
    (wanted,) = _words(pl.Series([text]))
    names = list(zip(_words(songs["title"]), _words(songs["artist"]), strict=True))
    whole = [place for place, (title, artist) in enumerate(names) if wanted and wanted in (title, artist + title)]
    parts = [place for place, (title, artist) in enumerate(names) if wanted and set(wanted) <= {*title, *artist}]
    found = whole or parts
    if len(found) == 1:
        return songs["song_id"][found[0]]
    if not found:
        raise InputError(f"{text!r}: neither the song_id of a song of the run nor words of a title and an artist")
    shown = songs[found[:LISTED]]
    labels = zip(song_labels(shown), shown["song_id"], strict=True)
    listed = "; ".join(f"{one_line(name)} ({song_id})" for name, song_id in labels)
    more = f"; and {len(found) - LISTED:,} more" if len(found) > LISTED else ""
    raise InputError(f"{text!r} fits {len(found):,} songs; give more words or an id: {listed}{more}")


def _words(names: pl.Series) -> list[list[str]]:
    return [name.split() for name in folded(names).fill_null("")]


def titled(songs: pl.DataFrame) -> pl.DataFrame:
    """Give songs without a title their id in its place, for people."""
    blank = pl.col("title").str.strip_chars().fill_null("") == ""
    return songs.with_columns(title=pl.when(blank).then("song_id").otherwise("title"))


def entries(run: "Run", song_ids: Sequence[str]) -> list[Entry]:
    """Make entries of a playlist, of songs of a run or of its batches, or of paths of files, whose tags then tell."""
    wanted = pl.col("song_id").is_in(list(song_ids))
    rows = {row["song_id"]: row for row in read_table(run.files.path("plays/songs.parquet")).filter(wanted).to_dicts()}
    if len(rows) < len(set(song_ids)):
        rows = {row["song_id"]: row for row in run.new_songs.filter(wanted).to_dicts()} | rows
    return [_entry(rows.get(song_id, {"song_id": song_id, "audio": song_id}), run) for song_id in song_ids]


def _entry(song: Mapping[str, Any], run: "Run") -> Entry:
    audio = None if song["audio"] is None else run.files.root / song["audio"]
    tags = read_tags(audio) if audio is not None and audio.is_file() else AudioTags()
    named = {name: song.get(name) or getattr(tags, name) for name in ("title", "artist", "album", "seconds")}
    recording = (song.get("recording_mbid") or tags.recording or "").split(",")[0] or None
    return Entry(song["song_id"], **named, audio=audio, recording_mbid=recording)
