"""Songs that are folded in from the plays of one half of the users, to be ranked for the other half.

No user's own plays are then in the user's scores. Both halves fit in one pair of matrices, so that a score is an inner
product as elsewhere: a song's vector is (factors by the first half, factors by the second), and a user's vector is
(zeros, x) in the first half and (x, zeros) in the second.
"""

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sparse

from coldwave.wmf.folding import fold_in
from coldwave.wmf.penalties import penalties


def first_half(users: int, seed: int) -> np.ndarray:
    """Draw the users of the first half: bool [users]. Of an odd number, the second half has one more."""
    first = np.zeros(users, dtype=bool)
    first[np.random.default_rng(seed).permutation(users)[: users // 2]] = True
    return first


def fold_in_halves(
    confidences: sparse.csr_matrix,
    user_factors: np.ndarray,
    first: np.ndarray,
    wmf: Mapping[str, float],
    threads: int = 1,
) -> np.ndarray:
    """Fold songs in twice, from the plays of each half: song vectors float32 [songs, 2 factors].

    The users of the other half are left out, rather than counted as users who have not played a song.

    Parameters
    ----------
    confidences : CSR [users, songs], one column for each song
    user_factors : [users, factors]
    first : bool [users], the users of the first half
    wmf : settings of the factorisation: regularization, unplayed_weight and frequency_scaling, whose mean frequency is
        that of these songs
    """
    weight, halves = wmf["unplayed_weight"], []
    for half in (first, ~first):
        played = confidences[half].tocsc()
        users, songs = int(half.sum()), np.diff(played.indptr)
        own = penalties(songs, users, None, wmf["regularization"], weight, wmf["frequency_scaling"])
        halves.append(fold_in(played, user_factors[half], own, weight, threads))
    return np.hstack(halves)


def facing_vectors(user_factors: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Make the user vectors that meet the other half's song factors: [users, 2 factors], in the factors' type."""
    factors = user_factors.shape[1]
    vectors = np.zeros((len(user_factors), 2 * factors), dtype=user_factors.dtype)
    vectors[~first, :factors] = user_factors[~first]
    vectors[first, factors:] = user_factors[first]
    return vectors


def draw_plays(confidences: sparse.csr_matrix, first: np.ndarray, order: np.ndarray, most: int) -> sparse.csr_matrix:
    """Keep at most ``most`` plays of each song by the users of each half, those with the lowest ``order``.

    Parameters
    ----------
    confidences : CSR [users, songs]
    first : bool [users], the users of the first half
    order : [plays], a different number for each stored play; with the same numbers, fewer plays are among more
    """
    pairs = confidences.tocoo()
    group = 2 * pairs.col.astype(np.int64) + first[pairs.row]  # a song and a half
    counts = np.bincount(group, minlength=2 * pairs.shape[1])
    place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    kept = np.sort(np.lexsort((order, group))[place < most])
    return sparse.csr_matrix((pairs.data[kept], (pairs.row[kept], pairs.col[kept])), shape=pairs.shape)
