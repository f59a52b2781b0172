"""Artists at both ends of the first factors (table 1 of the paper).

The factors of a matrix factorisation are not unique: X M and Y M^-T predict the same plays. So the axes shown are not
the columns of the factors but the principal axes of the training songs' usage patterns, which do not depend on M. Each
axis points towards the training song that lies farthest out.
"""

from typing import NamedTuple

import numpy as np
import polars as pl

ENDS = {
    "factor": pl.UInt32,
    "variance": pl.Float64,
    "end": pl.String,
    "rank": pl.UInt32,
    "artist": pl.String,
    "songs": pl.UInt32,
    "loading": pl.Float64,
}
HIGH, LOW = "high", "low"


class Axes(NamedTuple):
    """Where songs lie on the principal axes, in standard deviations of training songs, and each axis's share.

    ``loadings``: float64 [songs, axes]; ``variance``: float64 [axes], shares of the training songs' variance.
    """

    loadings: np.ndarray
    variance: np.ndarray


def principal_axes(patterns: np.ndarray, training: np.ndarray, number: int) -> Axes:
    """Project usage patterns on their first principal axes, signed so that the largest loading of each is positive.

    Parameters
    ----------
    patterns : float64 [songs, factors], L^T y (see ``usage_patterns``)
    training : bool [songs], the songs that the axes and the signs come from
    """
    centred = patterns - patterns[training].mean(axis=0)
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(centred[training].T, bias=True)))
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    number = min(number, int((values > 1e-12 * values.sum()).sum()))
    loadings = centred @ vectors[:, :number] / np.sqrt(values[:number])
    own = loadings[training]
    farthest = own[np.argmax(np.abs(own), axis=0), np.arange(number)]
    return Axes(loadings * np.where(farthest < 0, -1, 1), values[:number] / values.sum())


def songs_needed(artist: np.ndarray, ends: int, wanted: int) -> int:
    """Return how many songs an artist needs to be shown: ``wanted``, or fewer if artists are too few for both ends.

    ``artist`` is the artist of each training song, int [songs]; ``ends`` is how many are shown at one end.
    """
    counts = np.bincount(artist)
    return next((songs for songs in range(wanted, 1, -1) if (counts >= songs).sum() >= 2 * ends), 1)


def artist_ends(
    axes: Axes, artist: np.ndarray, names: list[str], training: np.ndarray, ends: int, needed: int
) -> pl.DataFrame:
    """Rank artists by the mean loading of their training songs, from each end of each axis: a table ``ENDS``.

    Parameters
    ----------
    artist : int [songs], numbers into ``names``
    ends : artists shown at each end; one artist is never at both
    needed : training songs that an artist must have
    """
    counts = np.bincount(artist[training], minlength=len(names))
    chosen = np.flatnonzero(counts >= needed)
    rows = []
    for axis, variance in enumerate(axes.variance):
        sums = np.bincount(artist[training], axes.loadings[training, axis], minlength=len(names))
        means = sums[chosen] / counts[chosen]
        order = np.lexsort(([names[one] for one in chosen], -np.round(means, 9)))
        shown = min(ends, len(order) // 2)
        for end, places in ((HIGH, order[:shown]), (LOW, order[::-1][:shown])):
            rows += [
                (axis + 1, variance, end, rank, names[chosen[place]], counts[chosen[place]], means[place])
                for rank, place in enumerate(places, start=1)
            ]
    return pl.DataFrame(rows, schema=ENDS, orient="row")
