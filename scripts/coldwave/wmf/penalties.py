"""How strongly each user's and each song's factors are held down: the same for all, or scaled by frequency."""

import numpy as np
import scipy.sparse as sparse


def penalties(
    played: np.ndarray, others: int, mean: float | None, regularization: float, unplayed_weight: float, scaling: float
) -> np.ndarray:
    """Regularisation of each user, or of each song: float64, the shape of ``played``.

    lambda_u = lambda (n_u / mean n)^scaling with n_u = |I_u| + w |I|, the number of songs that the user has played
    and, by the weight w of unplayed pairs, of all songs (Rendle, Krichene, Zhang, Koren 2022); for songs the same with
    users. They take lambda without the mean. Divided by it, lambda keeps its size whatever the scaling; the two
    differ by a factor.

    Parameters
    ----------
    played : number of pairs of each user (or song); ``others`` : number of all songs (or users)
    mean : of n over the users (or songs) that were fitted; None takes that of ``played``
    """
    frequency = np.asarray(played, dtype=np.float64) + unplayed_weight * others
    mean = mean_frequency(played, others, unplayed_weight) if mean is None else mean
    return regularization * (frequency / mean) ** scaling if scaling else np.full(len(frequency), regularization)


def mean_frequency(played: np.ndarray, others: int, unplayed_weight: float) -> float:
    """Mean of the frequencies that `penalties` scales by; at least a tiny number, as nobody may have played."""
    return max(float(np.mean(played)) + unplayed_weight * others, 1e-9)


def of_both_sides(
    confidences: sparse.csr_matrix, regularization: float, unplayed_weight: float, scaling: float
) -> tuple[np.ndarray, np.ndarray]:
    """Regularisation of the users and of the songs of a matrix [users, songs]: float64 [users] and [songs]."""
    users, songs = confidences.shape
    settings = (None, regularization, unplayed_weight, scaling)
    of_songs = np.bincount(confidences.indices, minlength=songs)
    return penalties(np.diff(confidences.indptr), songs, *settings), penalties(of_songs, users, *settings)
