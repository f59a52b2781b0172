"""Songs whose number of users comes from what is heard, their artist and their year, and how these are dealt out."""

import numpy as np
import polars as pl
import pytest

from coldwave.models.popularity_estimate.estimate import fit_estimate

SONGS, ARTISTS, WIDTH = 600, 60, 5
STRENGTHS = [0.01, 0.1, 1.0, 10.0]


class Catalogue:
    """A made-up catalogue: log(1 + users) = sound + artist + noise, each with a deviation of its own."""

    def __init__(self, seed=0, sound=0.6, artist=0.6, noise=0.3):
        rng = np.random.default_rng(seed)
        self.features = rng.normal(size=(SONGS, WIDTH)).astype(np.float32)
        weights = rng.normal(size=WIDTH)
        weights *= sound / np.linalg.norm(weights)
        self.artist = rng.permutation(np.arange(SONGS) % ARTISTS)
        of_artist = artist * rng.normal(size=ARTISTS)[self.artist]
        logarithms = 5 + self.features @ weights + of_artist + noise * rng.normal(size=SONGS)
        self.users = np.expm1(logarithms).round().astype(np.int64)
        self.known = np.arange(SONGS) % 4 != 0
        self.dates = [None] * SONGS

    @property
    def songs(self):
        columns = {"song_id": [f"s{n:03}" for n in range(SONGS)], "artist": [f"a{n}" for n in self.artist]}
        columns |= {"album": [None] * SONGS, "date": self.dates}
        return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))

    def fit(self, by_names=True):
        return fit_estimate(self.users, self.known, self.features, self.songs, STRENGTHS, by_names)


@pytest.fixture
def catalogue():
    return Catalogue
