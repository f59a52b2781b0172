"""Attention of a song to the other known songs of its artist, over what an audio model leaves of them.

Along each direction of the factors, a song gets

    sum over others of e_j left_j / (null + sum over others of e_j),   e_j = exp(sharpness cos(query, key_j))

where query and key are projections of the features of the song and of the other. The null token has the value zero. As
sharpness goes to zero, and with the null token at the ratio of noise to artists, it is the best linear unbiased
prediction by artists, which is where it starts. The null token's weight depends on the song's features as well: this is
the gate between sound alone and the catalogue. Without other songs only the null token is left, and the result is zero.
"""

from typing import NamedTuple

import numpy as np

from coldwave.models.catalogue_attention.catalogue import by_artist

AT_ONCE = 512  # songs of one artist: bounds memory
ROUNDING = 1e-10  # of squares


class Attention(NamedTuple):
    """What is learnt of it.

    ``projection`` float32 [d, h], of features less their ``mean`` [d]; ``sharpness`` []; ``gate`` [h] and ``null`` [k],
    of which the log of the null token's weight is made; ``start`` [k], that weight's log at the start; ``share`` [],
    the part of what it changes that is kept.
    """

    mean: np.ndarray
    projection: np.ndarray
    sharpness: np.ndarray
    gate: np.ndarray
    null: np.ndarray
    start: np.ndarray
    share: np.ndarray


def unit_rows(projected: np.ndarray) -> np.ndarray:
    """Scale rows to length one; a row of zeros, or one that is not finite, becomes zeros."""
    projected = np.where(np.isfinite(projected).all(axis=1, keepdims=True), projected, 0)
    return projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-12)


def change_of_attention(
    attention: Attention, artist: np.ndarray, known: np.ndarray, features: np.ndarray, left: np.ndarray
) -> np.ndarray:
    """Compute what attention adds to the artist's prediction, before ``share``: float64 [songs, k].

    It is zero for a song whose artist has no other known song, or without features. A known song without features is
    met by all songs alike.

    Parameters
    ----------
    artist : int [songs]; known : bool [songs]
    features : float32 [songs, d], NaN rows for songs without
    left : float64 [songs, k], of known songs
    """
    units = unit_rows((features - attention.mean) @ attention.projection).astype(np.float64)
    change = np.zeros(left.shape)
    for songs, others in by_artist(artist, known):
        for some in np.split(songs, range(AT_ONCE, len(songs), AT_ONCE)):
            other = (some[:, None] != others).astype(np.float64)
            weights = other * np.exp(attention.sharpness * (units[some] @ units[others].T))
            null = np.exp(attention.null + (units[some] @ attention.gate)[:, None])
            attended = weights @ left[others] / (null + weights.sum(axis=1, keepdims=True))
            before = other @ left[others] / (np.exp(attention.start) + other.sum(axis=1, keepdims=True))
            change[some] = attended - before
    return np.where(np.isfinite(features).all(axis=1, keepdims=True), change, 0)


def shrunk_share(change: np.ndarray, error: np.ndarray, artist: np.ndarray) -> float:
    """Estimate from songs left out which part of a change is worth keeping, between 0 and 1.

    It is the slope of the errors on the change, shrunk by what chance makes of it (the positive part of James and
    Stein): a slope of one standard error or less gives 0. A slope above 1 is taken for 1: a change that is
    worth more than all of it is so by chance. Songs of one artist err together, so they are one draw.

    Parameters
    ----------
    change, error : float64 [songs, k]: what is added to predictions, and what these lack without it
    artist : int [songs], numbers from 0
    """
    size = np.square(change).sum()
    changed = np.unique(artist[change.any(axis=1)])
    if size <= ROUNDING * np.square(error).sum() or len(changed) < 2:
        return 0.0
    slope = (change * error).sum() / size
    by_artist = np.bincount(artist, (change * (error - slope * change)).sum(axis=1))[changed]
    variance = len(changed) / (len(changed) - 1) * np.square(by_artist).sum() / size**2
    slope = min(slope, 1)
    return float(max(slope - variance / slope, 0)) if slope > 0 else 0.0
