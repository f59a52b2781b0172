"""Exact measures of the first songs of a ranking: precision, recall, nDCG and the reciprocal rank.

All follow from where the relevant songs stand (``coldwave.evaluation.ranking``). Where songs tie, each measure is its
expectation over all orders of the tied songs, as for average precision, so none depends on the order of rows.
"""

from collections.abc import Sequence

import numpy as np

from coldwave.evaluation.ranking import Standing


def list_measures(standing: Standing, starts: np.ndarray, lengths: Sequence[int]) -> dict[str, np.ndarray]:
    """Measure the first songs of every user's ranking: from each name to float64 [users], NaN without a relevant song.

    Parameters
    ----------
    starts : the relevant songs of user u are the pairs ``starts[u]`` to ``starts[u + 1]``, integers [users + 1]
    lengths : lengths k of a list, each at least 1

    Returns
    -------
    ``precision_k``, ``recall_k``, ``ndcg_k`` for each k: the relevant songs among the first k, divided by k and by all
    relevant songs; their gain of 1 / log2(place + 1), divided by the highest possible gain (binary relevance).
    ``reciprocal_rank``: one divided by the place of the first relevant song.
    """
    starts = np.asarray(starts, np.int64)
    users = np.flatnonzero(np.diff(starts))
    total = np.diff(starts)[users]
    found = {}
    for length in lengths:
        if length < 1:
            raise ValueError(f"a list of {length} songs: lengths start at 1")
        # each of n tied songs below s others is at each of the places s + 1 … s + n with probability 1 / n
        begin = np.minimum(standing.above, length)
        end = np.minimum(standing.above.astype(np.int64) + standing.tied, length)
        discounts = np.concatenate(([0.0], np.cumsum(1 / np.log2(np.arange(2, length + 2)))))
        hits = _sums((end - begin) / standing.tied, starts, users)
        gain = _sums((discounts[end] - discounts[begin]) / standing.tied, starts, users)
        measures = {
            "precision": hits / length,
            "recall": hits / total,
            "ndcg": gain / discounts[np.minimum(total, length)],
        }
        for name, values in measures.items():
            found[f"{name}_{length}"] = np.full(len(starts) - 1, np.nan)
            found[f"{name}_{length}"][users] = values
    return found | {"reciprocal_rank": reciprocal_ranks(standing, starts)}


def _sums(values: np.ndarray, starts: np.ndarray, users: np.ndarray) -> np.ndarray:
    """Sum over the pairs of each user who has any."""
    return np.add.reduceat(values, starts[users]) if len(users) else np.empty(0)


def reciprocal_ranks(standing: Standing, starts: np.ndarray) -> np.ndarray:
    """One divided by the place of each user's first relevant song: float64 [users], NaN without a relevant song.

    Take the highest group of n tied songs that holds relevant ones, r of them, below s others. In a random order the
    first of the r is at position i of the group with probability C(n - i, r - 1) / C(n, r). Users with the same n, r
    and s are computed once, because n is large where all songs tie, as with one vector for every song.
    """
    starts = np.asarray(starts, np.int64)
    users = np.flatnonzero(np.diff(starts))
    result = np.full(len(starts) - 1, np.nan)
    if len(users) == 0:
        return result
    above, tied = standing.above.astype(np.int64), standing.tied.astype(np.int64)
    first = np.minimum.reduceat(above, starts[users])
    on_top = above == np.repeat(first, np.diff(starts)[users])
    hits = np.add.reduceat(on_top, starts[users], dtype=np.int64)
    number = np.maximum.reduceat(np.where(on_top, tied, 0), starts[users])
    groups, inverse = np.unique(np.stack([first, number, hits], axis=1), axis=0, return_inverse=True)
    result[users] = np.array([_first_of(*group) for group in groups.tolist()])[inverse.reshape(-1)]
    return result


def _first_of(above: int, tied: int, hits: int) -> float:
    """Expected reciprocal rank of the first of ``hits`` songs among ``tied`` in random order, below ``above``."""
    positions = np.arange(1, tied - hits + 2)
    # P(i + 1) = P(i) · (n - i - r + 1) / (n - i), from P(1) = r / n
    steps = (tied - positions[:-1] - hits + 1) / (tied - positions[:-1])
    chances = hits / tied * np.concatenate(([1.0], np.cumprod(steps)))
    return float(np.sum(chances / (above + positions)))


def pair_shares(standing: Standing, starts: np.ndarray, candidates: int) -> np.ndarray:
    """Share of the candidates not relevant to the user that rank below each relevant song; ties count one half.

    float64 [pairs]; NaN where every candidate is relevant. A user's mean is the user's AUC.
    """
    starts, above = np.asarray(starts, np.int64), standing.above.astype(np.int64)
    number = np.diff(starts)
    user, others = np.repeat(np.arange(len(number)), number), np.repeat(candidates - number, number)
    # Pairs by user and then by place, so that relevant songs in the same place are adjacent.
    order = np.lexsort((above, user))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (user[order][1:] != user[order][:-1]) | (above[order][1:] != above[order][:-1])
    begin = np.flatnonzero(new)
    place = np.cumsum(new) - 1
    relevant_above, relevant_tied = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
    relevant_above[order] = begin[place] - starts[user[order]]
    relevant_tied[order] = np.diff(begin, append=len(order))[place]
    others_tied = standing.tied - relevant_tied
    others_below = others - (above - relevant_above) - others_tied
    shares = np.full(len(order), np.nan)
    return np.divide(2 * others_below + others_tied, 2 * others, out=shares, where=others > 0)
