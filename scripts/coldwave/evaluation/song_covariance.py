"""The variance that songs bring to a comparison, from means without groups of songs: a jackknife.

No compiler is imported here, for comparisons do without it.
"""

import numpy as np


def song_covariance(without: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Estimate V(songs) and V(pairs) of several models' means: each float64 [models, models].

    Parameters
    ----------
    without : float64 [groups, 2, models], the means and the signed means of one measure (see
        ``coldwave.evaluation.resampling.leave_songs_out``)

    Returns
    -------
    The variance of a difference of models is c V c for c = (.., 1, .., -1, ..). NaN with fewer than two groups.
    """
    groups = len(without)
    if groups < 2:
        return tuple(np.full((2, without.shape[2], without.shape[2]), np.nan))
    deviations = without - without.mean(axis=0)
    both = np.einsum("gki,gkj->kij", deviations, deviations) * (groups - 1) / groups
    return both[0], both[1]


def left_together(without: np.ndarray, together: np.ndarray) -> np.ndarray:
    """Tell from means without each song what they are without the songs that were drawn together, to first order.

    Changes add up. Left out at once, m of n songs take m / (n - m) of the mean along, and one by one m / (n - 1). The
    factor sets that right where all groups have m songs; it is 1 where each song is by itself.

    Parameters
    ----------
    without : float64 [songs, ...]; together : int [songs]

    Returns
    -------
    float64 [groups, ...]
    """
    group = np.unique(together, return_inverse=True)[1]
    songs, groups = len(without), group.max(initial=-1) + 1
    if groups in (0, songs):
        return without
    means, changes = without.mean(axis=0), np.zeros((groups, *without.shape[1:]))
    np.add.at(changes, group, without - means)
    return means + changes * (groups / max(groups - 1, 1) * (songs - 1) / songs)
