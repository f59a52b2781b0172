"""Separation oracles: the ranking of a query's candidates that violates the margin most (structural SVM).

A ranking says for each relevant candidate i and irrelevant candidate j whether i is before j (y_ij = 1) or after it
(y_ij = -1). With scores s and the partial-order feature of McFee and Lanckriet (2010, section 3), the most violated
ranking maximises

    loss(y) + sum over i, j of y_ij (s_i - s_j) / (R I)

over all rankings, where R and I are the numbers of relevant and irrelevant candidates. Only its numbers of pairs that
are the wrong way round are needed.
"""

from typing import NamedTuple

import numpy as np


class Ranking(NamedTuple):
    """A ranking of one query's candidates.

    ``above``: irrelevant candidates before each relevant one, int64 [relevant]; ``below``: relevant candidates after
    each irrelevant one, int64 [irrelevant]; ``loss``: 0 where all relevant candidates come first.
    """

    above: np.ndarray
    below: np.ndarray
    loss: float


def most_violated(relevant: np.ndarray, irrelevant: np.ndarray, loss: str) -> Ranking:
    """Find the most violated ranking for a loss, "auc" or "map".

    Parameters
    ----------
    relevant, irrelevant : float64 [relevant] and [irrelevant], the candidates' scores; neither is empty
    """
    return {"auc": most_violated_auc, "map": most_violated_map}[loss](relevant, irrelevant)


def most_violated_auc(relevant: np.ndarray, irrelevant: np.ndarray) -> Ranking:
    """Find the most violated ranking for the loss 1 - AUC, the share of pairs that are the wrong way round.

    The loss is the mean over pairs of (1 - y_ij) / 2, so each pair contributes (1 - y_ij) / 2 + y_ij (s_i - s_j) and
    can be decided alone: the wrong way round wherever s_i - s_j < 1 / 2. These decisions are those of one ranking,
    by s_j and s_i - 1 / 2.
    """
    lowered = relevant - 0.5
    above = len(irrelevant) - np.searchsorted(np.sort(irrelevant), lowered, side="right")
    below = np.searchsorted(np.sort(lowered), irrelevant, side="left")
    return Ranking(above, below, float(above.mean() / len(irrelevant)))


def most_violated_map(relevant: np.ndarray, irrelevant: np.ndarray) -> Ranking:
    """Find the most violated ranking for the loss 1 - AP (Yue, Finley, Radlinski and Joachims 2007, section 4).

    In a best ranking, relevant candidates are in the order of their scores, and so are irrelevant ones. Start with
    all relevant ones first. Moving the j-th irrelevant candidate from just after the i-th relevant one to just before
    it (both counted from 1, with those before j there already) lowers the precision at i from i / (i + j - 1) to
    i / (i + j), so it gains

        i / ((i + j - 1) (i + j) R) - 2 (s_i - s_j) / (R I).

    The gain of a move falls with j, so the best place of each irrelevant candidate, found by itself, is never before
    that of the one ahead of it: together they make one ranking, the best one.
    """
    order, others = np.argsort(-relevant, kind="stable"), np.argsort(-irrelevant, kind="stable")
    i, j = np.arange(1, len(relevant) + 1)[:, None], np.arange(1, len(irrelevant) + 1)
    gains = i / ((i + j - 1) * (i + j)) - (relevant[order][:, None] - irrelevant[others]) * (2 / len(irrelevant))
    passed = np.zeros((len(relevant) + 1, len(irrelevant)))  # gain after passing 0, 1, … relevant ones from the last
    np.cumsum(gains[::-1], axis=0, out=passed[1:])
    best = passed.argmax(axis=0)  # where several are equal, the fewest pairs the wrong way round
    above, below = np.empty(len(relevant), np.int64), np.empty(len(irrelevant), np.int64)
    below[others] = best
    passing = np.bincount(best, minlength=len(relevant) + 1)[::-1].cumsum()  # that pass at least R, R - 1, …
    above[order] = passing[:-1]  # the i-th relevant candidate is passed by those that pass R - i + 1 or more
    return Ranking(above, below, float(1 - np.mean(i[:, 0] / (i[:, 0] + passing[:-1]))))
