"""Songs of some artists and albums, and the covariance matrix of all of them, with nothing taken from the library."""

import numpy as np
import polars as pl
import pytest


class Dense:
    """Predictions and likelihoods from the full covariance matrix, song by song."""

    def __init__(self, artist, album, artist_ratio, album_ratio):
        same_artist = np.equal.outer(artist, artist)
        same_album = same_artist & np.equal.outer(album, album)
        self.effects = artist_ratio * same_artist + album_ratio * same_album

    def mean(self, values, known):
        rows = np.flatnonzero(known)
        weights = np.linalg.solve(self.effects[np.ix_(rows, rows)] + np.eye(len(rows)), np.ones(len(rows)))
        return weights @ values[rows] / weights.sum()

    def predicted(self, values, known):
        mean, predicted = self.mean(values, known), []
        for song in range(len(values)):
            others = np.flatnonzero(known & (np.arange(len(values)) != song))
            covariance = self.effects[np.ix_(others, others)] + np.eye(len(others))
            predicted.append(mean + self.effects[song, others] @ np.linalg.solve(covariance, values[others] - mean))
        return np.array(predicted)

    def restricted_likelihood(self, values, known):
        """Of error contrasts (Patterson and Thompson 1971), at the noise that is best for each direction."""
        rows = np.flatnonzero(known)
        contrasts = np.linalg.qr(np.column_stack((np.ones(len(rows)), np.eye(len(rows))[:, 1:])))[0][:, 1:]
        covariance = contrasts.T @ (self.effects[np.ix_(rows, rows)] + np.eye(len(rows))) @ contrasts
        errors = contrasts.T @ values[rows]
        freedom = len(rows) - 1
        noise = np.einsum("ij,ij->j", errors, np.linalg.solve(covariance, errors)) / freedom
        constant = -0.5 * np.log(len(rows))  # the contrasts are of length one
        return constant - 0.5 * (freedom * np.log(noise) + np.linalg.slogdet(covariance)[1])


@pytest.fixture
def dense():
    return Dense


@pytest.fixture
def table():
    def make(artists, albums=None):
        columns = {"song_id": [f"s{n}" for n in range(len(artists))], "artist": list(artists)}
        columns |= {"album": list(albums) if albums is not None else [None] * len(artists)}
        return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))

    return make
