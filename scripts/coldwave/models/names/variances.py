"""Estimates of how much artists and albums differ: restricted maximum likelihood (REML) over a grid.

A few hundred songs tell little of one direction's variances. So the likelihood of each direction is joined to the mean
of all, weighted by what they carry of the scores, as if that had been seen of further songs (``FURTHER``). The more
songs there are, the more each direction has variances of its own.
"""

import itertools
import logging

import numpy as np

from coldwave.models.names.effects import Ratios, restricted_likelihood, sum_up
from coldwave.models.names.groups import Groups

log = logging.getLogger(__name__)

GRID = np.append(0, 2.0 ** np.arange(-8, 7))  # variances in ratio to that of the noise
FURTHER = 1000  # songs


def estimate_ratios(groups: Groups, values: np.ndarray, known: np.ndarray) -> Ratios:
    """Estimate the variances of artists and albums along each direction, in ratio to the noise's.

    Parameters
    ----------
    values : float64 [songs, k], finite; known : bool [songs]; with fewer than two, nothing is told of artists
    """
    width = values.shape[1]
    if known.sum() < 2:
        return Ratios(np.zeros(width), np.zeros(width))
    sums = sum_up(groups, values, known)
    pairs = np.array(list(itertools.product(GRID, GRID)))
    likelihoods = np.stack([restricted_likelihood(groups, sums, Ratios(*pair)) for pair in pairs])
    carried = values[known].var(axis=0)
    common = likelihoods @ (carried / max(carried.sum(), 1e-300))
    chosen = pairs[(likelihoods + FURTHER / known.sum() * common[:, None]).argmax(axis=0)]
    log.info("variance of artists %g and of albums %g in ratio to the noise, for all directions together",
             *pairs[common.argmax()])  # fmt: skip
    return Ratios(*chosen.T)
