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
