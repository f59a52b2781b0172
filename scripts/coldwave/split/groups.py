"""What decides a song's part: a hash of its group, which stays in one part: the song's id, or its artist."""

import hashlib
from collections.abc import Sequence

import numpy as np
import polars as pl


def hash_fractions(names: Sequence[str], salt: str) -> np.ndarray:
    """Hash each name to a number in [0, 1), the same on every machine: float64 [names]."""
    words = [hashlib.sha256(f"{salt}\0{name}".encode()).digest()[:8] for name in names]
    return np.frombuffer(b"".join(words), dtype=">u8").astype(np.float64) / 2.0**64


def group_names(songs: pl.DataFrame, by: str) -> list[str]:
    """Name each song's group: by "artist" its artist (a song without one is its own group), else the song's id."""
    ids = songs["song_id"].to_list()
    if by != "artist":
        return ids
    artists = songs["artist"].to_list()
    return [
        f"artist\0{' '.join(artist.casefold().split())}" if artist and artist.strip() else f"song\0{song_id}"
        for song_id, artist in zip(ids, artists, strict=True)
    ]
