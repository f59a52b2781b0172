"""Names of songs and artists in tables and figures."""

import numpy as np
import polars as pl

from coldwave.split.groups import group_names


def song_labels(songs: pl.DataFrame) -> list[str]:
    """Name songs, a table ``song_id``, ``title``, ``artist``: ``Artist – Title``, or what of it is known, or the id."""
    labels = []
    for song_id, title, artist in songs.select("song_id", "title", "artist").iter_rows():
        known = [text.strip() for text in (artist, title) if text and text.strip()]
        labels.append(" – ".join(known) if title and title.strip() else " – ".join([*known, song_id]))
    return labels


def artists_of(songs: pl.DataFrame) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Group songs by artist as the split by artist does; a song without an artist is its own.

    Returns
    -------
    the artist of each song, int64 [songs]; the name of each artist (the song's label where it has none); and whether
    the song's artist is known, bool [songs]
    """
    groups = np.asarray(group_names(songs, "artist"), dtype=object)
    _, first, artist = np.unique(groups, return_index=True, return_inverse=True)
    known = np.array([bool(name and name.strip()) for name in songs["artist"]], dtype=bool)
    labels, spelled = song_labels(songs), songs["artist"].to_list()
    names = [spelled[song].strip() if known[song] else labels[song] for song in first]
    return artist.astype(np.int64), names, known
