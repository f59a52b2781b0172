"""A listener: the vector that scores songs, and how the songs of the history make it up.

A listener's vector is a sum over the songs played, so a score is one as well, exactly: the part of song j in the score
of song i is the inner product of j's part of the vector with the vector of i. For factors, that is equation 7 of Hu,
Koren and Volinsky (2008): x = sum over j of c_j A^-1 y_j, with A = w Y'Y + Y'(C - w I)Y + regularization I. For models
whose users are means of songs, it is the mean's own sum.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from coldwave.models.blend.vectors import Blend
from coldwave.use.kinds import DISTANCE
from coldwave.wmf.confidence import confidence
from coldwave.wmf.penalties import penalties


class Listener(NamedTuple):
    """Someone who listens.

    Attributes
    ----------
    songs : int [n], the songs played; counts : int [n], how often
    vector : float32 [k], whose inner product with a song's vector is the score
    parts : float64 [n, k], of each song played in the vector; zeros for a play that the vector does not know
    notes : what is to be said about it, in sentences
    """

    songs: np.ndarray
    counts: np.ndarray
    vector: np.ndarray
    parts: np.ndarray
    notes: tuple[str, ...] = ()

    def carried(self, song_vectors: np.ndarray) -> np.ndarray:
        """Divide scores over the songs of the history: float64 [songs, n], of song vectors [songs, k]."""
        return song_vectors.astype(np.float64) @ self.parts.T

    @property
    def rest(self) -> np.ndarray:
        """What of the vector the parts leave unexplained: float64 [k], zeros for a listener who is folded in."""
        return self.vector - self.parts.sum(axis=0)


def joined(blend: Blend, listeners: Sequence[Listener]) -> Listener:
    """Join what the parts of a blend make of one listener, whose songs are the same in all."""
    scales = blend.scales([one.vector[None] for one in listeners])[0]
    first = listeners[0]
    return Listener(
        first.songs,
        first.counts,
        np.concatenate([one.vector * scale for one, scale in zip(listeners, scales, strict=True)]).astype(np.float32),
        np.hstack([one.parts * scale for one, scale in zip(listeners, scales, strict=True)]),
        tuple(dict.fromkeys(note for one in listeners for note in one.notes)),
    )


def factor_parts(
    played: np.ndarray, confidences: np.ndarray, gram: np.ndarray, penalty: float, unplayed_weight: float
) -> np.ndarray:
    """Solve a user's factors with the song factors frozen, as one part for each song played: float64 [n, factors].

    Their sum is the half-step of alternating least squares for the user (``coldwave.wmf.folding``).

    Parameters
    ----------
    played : [n, factors], of the songs played; confidences : [n], of the plays
    gram : float64 [factors, factors], Y'Y of all songs, those played among them
    penalty : the user's regularisation
    """
    own = played.astype(np.float64)
    extra = own.T @ (own * (confidences.astype(np.float64) - unplayed_weight)[:, None])
    system = unplayed_weight * gram + extra + penalty * np.eye(len(gram))
    return np.linalg.solve(system, own.T).T * confidences.astype(np.float64)[:, None]


def fold_in_parts(
    played: np.ndarray,
    counts: np.ndarray,
    new: np.ndarray,
    gram: np.ndarray,
    songs: int,
    wmf: Mapping[str, Any],
    mean_songs: float,
) -> np.ndarray:
    """Fold a listener in, by the settings of the run's factorisation: float64 [n, factors], to be summed.

    Parameters
    ----------
    played : [n, factors], of the songs played; counts : int [n]
    new : bool [n], the songs played that are not among those of ``gram``: they count as songs beside them
    gram : float64 [factors, factors], Y'Y of the songs that the factorisation has fitted; ``songs``, their number
    wmf : alpha, epsilon, regularization, unplayed_weight, frequency_scaling
    mean_songs : mean over the run's users of the number of fitted songs played, for ``frequency_scaling``
    """
    weight, others = wmf["unplayed_weight"], played[new].astype(np.float64)
    every = songs + int(new.sum())
    settings = (wmf["regularization"], weight, wmf["frequency_scaling"])
    penalty = penalties(np.array([len(played)]), every, mean_songs + weight * songs, *settings)[0]
    found = confidence(counts, wmf["alpha"], wmf["epsilon"])
    return factor_parts(played, found, gram + others.T @ others, penalty, weight)


def mean_parts(played: np.ndarray, weights: np.ndarray, vectors: str) -> np.ndarray:
    """Divide the weighted mean of songs' vectors over the songs: float64 [n, k].

    Parameters
    ----------
    played : [n, k], vectors of the songs played; weights : [n], above 0
    vectors : ``DISTANCE`` turns (z, |z|^2) into (2 z, -1), for minus the mean square distance; else they stay
    """
    shares = (weights / weights.sum())[:, None] if len(weights) else np.zeros((0, 1))
    own = played.astype(np.float64)
    if vectors == DISTANCE:
        own = np.hstack((2 * own[:, :-1], np.full((len(own), 1), -1.0)))
    return shares * own
