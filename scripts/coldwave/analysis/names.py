"""What songs and artists are called in tables and figures."""

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
    """Tell songs' artists apart as the split by artist does; a song without one is its own artist.

    Returns
    -------
    the artist of each song, int64 [songs]; what each artist is called (a song without one by its label); and whether
    the artist is known, bool [songs]
    """
    groups = np.asarray(group_names(songs, "artist"), dtype=object)
    _, first, artist = np.unique(groups, return_index=True, return_inverse=True)
    known = np.array([bool(name and name.strip()) for name in songs["artist"]], dtype=bool)
    labels, spelled = song_labels(songs), songs["artist"].to_list()
    names = [spelled[song].strip() if known[song] else labels[song] for song in first]
    return artist.astype(np.int64), names, known
