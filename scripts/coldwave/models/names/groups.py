"""The artist and the album of each song, as numbers: an album is one of its artist's."""

import logging
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.split.groups import group_names

log = logging.getLogger(__name__)


class Groups(NamedTuple):
    """``artist`` and ``album`` int [songs]; ``of_album`` int [albums], the artist of each album."""

    artist: np.ndarray
    album: np.ndarray
    of_album: np.ndarray


def find_groups(songs: pl.DataFrame) -> Groups:
    """Number the artists and albums of songs.

    Names are compared as in the split by artist: case and spaces do not matter. A song without an artist belongs to one
    that stands for its album; without an album as well, to one of its own. A song without an album is an album of its
    own.

    Parameters
    ----------
    songs : table ``song_id``, ``artist``, ``album``, null or blank where not known
    """
    artists, albums = (group_names(songs.select("song_id", artist=column), "artist") for column in ("artist", "album"))
    alone = group_names(songs.select("song_id", artist=pl.lit(None, pl.String)), "artist")
    owners = [
        f"album\0{album}" if artist == own else artist
        for artist, album, own in zip(artists, albums, alone, strict=True)
    ]
    artist = _numbered(owners)
    pairs = np.stack((artist, _numbered(albums)), axis=1)
    unique, album = np.unique(pairs, axis=0, return_inverse=True)
    return Groups(artist, album.reshape(-1), unique[:, 0])


def _numbered(names: list[str]) -> np.ndarray:
    return np.unique(np.asarray(names, dtype=object), return_inverse=True)[1]


def log_known(groups: Groups, known: np.ndarray, parts: Mapping[str, np.ndarray]) -> None:
    """Log for each part, bool [songs], of how many songs other songs of their artist or album are known."""
    by_album, by_artist = (
        np.bincount(group[known], minlength=group.max() + 1)[group] > known for group in (groups.album, groups.artist)
    )
    for name, part in parts.items():
        counts = part.sum(), (part & by_album).sum(), (part & by_artist & ~by_album).sum(), (part & ~by_artist).sum()
        log.info("%s songs: %d; other songs are known of the album of %d, of the artist alone of %d, of neither of %d",
                 name, *counts)  # fmt: skip
        if part.any() and not (part & by_artist).any():
            log.warning("no other song of any %s song's artist is known; with split.by: artist none can be", name)
