"""Some test songs, and the songs nearest to them: by how they sound, and by who is expected to play them."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from coldwave.analysis.neighbours import nearest
from coldwave.analysis.usage_patterns import usable
from coldwave.evaluation.recommendation import FEW
from coldwave.examples.spread import spread
from coldwave.examples.tables import SIMILAR, SOUND, USAGE
from coldwave.examples.users import SHOWN
from coldwave.use.because import shared_tags
from coldwave.use.files import RunFiles
from coldwave.use.models import Model
from coldwave.use.vectors import Vectors


def compared_by(vectors: Vectors, features: str | None, model: Model | None) -> dict[str, np.ndarray]:
    """Collect what songs are compared by, of what there is: float32 [songs, k], at unit length, by name.

    Usage patterns are left out where users are too few to tell who plays what.
    """
    found = {} if features is None else {SOUND: vectors.units(features)}
    if model is not None and vectors.files.users >= FEW:
        found[USAGE] = vectors.patterns(model)
    return found


def chosen_songs(files: RunFiles, units: Mapping[str, np.ndarray], number: int, seed: int) -> list[int]:
    """Choose test songs that can be compared, spread over how many users have played them, the most first.

    ``units`` are those of `compared_by`.
    """
    if not units:
        return []
    known = np.any([usable(vectors) for vectors in units.values()], axis=0)
    songs = np.flatnonzero(known & files.test)
    users, ids = files.songs["users"].to_numpy()[songs], files.songs["song_id"].gather(songs).to_list()
    return songs[spread(users, ids, number, f"{seed} report songs")][::-1].tolist()


def similar(songs: pl.DataFrame, queries: list[int], units: Mapping[str, np.ndarray]) -> pl.DataFrame:
    """List the nearest songs to each of some songs (table ``SIMILAR``); none by what a song has no vector of.

    Parameters
    ----------
    songs : table ``tags``, row n that of song n
    units : float32 [songs, k], at unit length, NaN rows for songs without, by ``SOUND`` and ``USAGE``
    """
    rows, tags = [], songs["tags"]
    for by, vectors in units.items():
        known = np.flatnonzero(usable(vectors))
        asked = np.array([song for song in queries if np.isfinite(vectors[song]).all()], dtype=np.int64)
        found, cosines = nearest(vectors, asked, known, SHOWN)
        for song, places, values in zip(asked.tolist(), found.tolist(), cosines.tolist(), strict=True):
            rows += [
                (song, by, rank, other, cosine, shared_tags(tags[song].to_list(), tags[other].to_list()))
                for rank, (other, cosine) in enumerate(zip(places, values, strict=True), start=1)
                if other >= 0
            ]
    order = {song: place for place, song in enumerate(queries)}
    return pl.DataFrame(sorted(rows, key=lambda row: order[row[0]]), schema=SIMILAR, orient="row")
