"""Best linear unbiased prediction of songs by random effects of their artist and album, in closed form.

Along each direction by itself, the value of a song is

    mean + artist's effect + album's effect + noise

and the variances of the effects are given in ratio to that of the noise. The songs of one album have a covariance whose
inverse is known (Sherman and Morrison), and so have the albums of an artist. All that is needed are two sums for each
album.
"""

from typing import NamedTuple

import numpy as np
import scipy.sparse as sparse

from coldwave.models.names.groups import Groups


class Ratios(NamedTuple):
    """Variances of the effects in ratio to that of the noise: each a number, or float64 [k]."""

    artist: np.ndarray | float
    album: np.ndarray | float


class Sums(NamedTuple):
    """Sums over known songs: ``number`` float64 [albums, 1] and ``values`` [albums, k] by album, ``squares`` [k]."""

    number: np.ndarray
    values: np.ndarray
    squares: np.ndarray


def sum_up(groups: Groups, values: np.ndarray, known: np.ndarray) -> Sums:
    """Sum up the known songs by album. ``values`` float64 [songs, k], finite; ``known`` bool [songs]."""
    counted = np.where(known[:, None], values, 0)
    albums = len(groups.of_album)
    number = _by(groups.album, known[:, None].astype(np.float64), albums)
    return Sums(number, _by(groups.album, counted, albums), np.einsum("ij,ij->j", counted, counted))


def restricted_likelihood(groups: Groups, sums: Sums, ratios: Ratios) -> np.ndarray:
    """Compute the restricted log-likelihood of each direction at its best mean and noise: float64 [k].

    It lacks a constant that depends on the number of songs alone. At least two songs are known.
    """
    shrunk, artist_number, artist_values = _by_artist(groups, sums, ratios.album)
    whole = 1 / (1 + ratios.artist * artist_number)
    weight = (artist_number * whole).sum(axis=0)
    squares = (
        sums.squares
        - (ratios.album * shrunk * np.square(sums.values)).sum(axis=0)
        - (ratios.artist * whole * np.square(artist_values)).sum(axis=0)
        - np.square((artist_values * whole).sum(axis=0)) / weight
    )
    freedom = sums.number.sum() - 1
    logarithms = np.log(weight) - np.log(shrunk).sum(axis=0) - np.log(whole).sum(axis=0)
    return -0.5 * (freedom * np.log(np.maximum(squares, 1e-300) / freedom) + logarithms)


def mean_of_artists(groups: Groups, values: np.ndarray, known: np.ndarray, ratios: Ratios) -> np.ndarray:
    """Estimate the mean by generalised least squares: float64 [k]. At least one song is known.

    The more artists differ, the more each artist counts once, and not each song.
    """
    _, artist_number, artist_values = _by_artist(groups, sum_up(groups, values, known), ratios.album)
    whole = 1 / (1 + ratios.artist * artist_number)
    return (artist_values * whole).sum(axis=0) / (artist_number * whole).sum(axis=0)


def predict_by_effects(
    groups: Groups, values: np.ndarray, known: np.ndarray, ratios: Ratios, mean: np.ndarray
) -> np.ndarray:
    """Predict every song by the other known songs of its artist: its own values do not count for itself.

    Parameters
    ----------
    values, known : as in `sum_up`
    mean : float64 [k], which a song gets if no other of its artist is known

    Returns
    -------
    float64 [songs, k]
    """
    own = np.where(known[:, None], values - mean, 0)
    sums = sum_up(groups, own, known)
    shrunk, artist_number, artist_values = _by_artist(groups, sums, ratios.album)
    number, total = sums.number[groups.album], sums.values[groups.album]
    others, of_others = number - known[:, None], total - own
    kept, before = 1 / (1 + ratios.album * others), shrunk[groups.album]
    artist_number = artist_number[groups.artist] + others * kept - number * before
    artist = ratios.artist * (artist_values[groups.artist] + of_others * kept - total * before)
    artist = artist / (1 + ratios.artist * artist_number)
    return mean + artist + ratios.album * kept * (of_others - others * artist)


def _by_artist(groups: Groups, sums: Sums, ratio: np.ndarray | float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum up albums by artist: what an album's own effect leaves of each of its songs, and the sums of these."""
    shrunk, artists = 1 / (1 + ratio * sums.number), groups.artist.max() + 1
    number, values = sums.number * shrunk, sums.values * shrunk
    return shrunk, _by(groups.of_album, number, artists), _by(groups.of_album, values, artists)


def _by(group: np.ndarray, values: np.ndarray, number: int) -> np.ndarray:
    """Sum rows by their group: float64 [number, k]."""
    places = (np.ones(len(group)), (group, np.arange(len(group))))
    return sparse.csr_matrix(places, shape=(number, len(group))) @ values
