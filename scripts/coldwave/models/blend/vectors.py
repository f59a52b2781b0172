"""A blend of models as a pair of matrices, like each of its parts.

A user's scores by each part are divided by their standard deviation over songs, and added with the parts' weights. That
is one inner product: of the parts' song vectors side by side, and of the parts' user vectors side by side, each
multiplied by weight / deviation. The standard deviation of u . v over songs is the root of u' C u, where C is the
covariance of the song vectors v, so that it is known for a listener who comes later too. The songs are the validation
songs: a part predicts them as it will predict new ones.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from coldwave.errors import InputError

log = logging.getLogger(__name__)

ALIKE = 1e-5  # a deviation below this share of the largest possible score is rounding: the part scores all songs alike
BLOCK = 1 << 16  # rows at a time: bounds memory


class Part(NamedTuple):
    """The song vectors of one part: their ``mean`` float64 [k], covariance (``spread``) float64 [k, k] and ``length``,
    the root of their mean square length."""

    mean: np.ndarray
    spread: np.ndarray
    length: float

    def deviations(self, users: np.ndarray) -> np.ndarray:
        """Compute the standard deviation of each user's scores, float64 [users]; 0 where all are alike."""
        found = np.empty(len(users))
        for begin in range(0, len(users), BLOCK):
            own = np.asarray(users[begin : begin + BLOCK], dtype=np.float64)
            squares = np.einsum("ij,ij->i", own @ self.spread, own)
            rounding = np.square(ALIKE * self.length) * np.einsum("ij,ij->i", own, own)
            found[begin : begin + BLOCK] = np.sqrt(np.where(squares > rounding, squares, 0))
        return found


class Blend(NamedTuple):
    """Parts and their weights, float64 [parts], which are not below 0 and sum to one."""

    parts: list[Part]
    weights: np.ndarray

    @classmethod
    def of(cls, tensors: Mapping[str, np.ndarray]) -> "Blend":
        """Read it from the arrays that `tensors` made."""
        parts = range(len(tensors["weights"]))
        found = [Part(*(tensors[f"{name}_{part}"] for name in Part._fields[:2]), tensors["lengths"][part])
                 for part in parts]  # fmt: skip
        return cls(found, tensors["weights"])

    def tensors(self) -> dict[str, np.ndarray]:
        """Name its arrays."""
        named = {f"{name}_{place}": getattr(part, name)
                 for place, part in enumerate(self.parts) for name in Part._fields[:2]}  # fmt: skip
        return {**named, "weights": self.weights, "lengths": np.array([part.length for part in self.parts])}

    def scales(self, users: Sequence[np.ndarray]) -> np.ndarray:
        """Compute by what each part of each user's vector is multiplied: float64 [users, parts], 0 where all its scores
        are alike."""
        found = np.stack([part.deviations(own) for part, own in zip(self.parts, users, strict=True)], axis=1)
        return np.divide(self.weights, found, out=np.zeros_like(found), where=found > 0)

    def songs(self, vectors: Sequence[np.ndarray]) -> np.ndarray:
        """Join the parts' song vectors: float32 [songs, sum of k].

        Where a part does not predict a song, its mean song stands in, so that the part says nothing of the song. A song
        that no part predicts has a row of NaN.
        """
        joined = np.hstack(self.filled(vectors))
        joined[np.all([missing(own) for own in vectors], axis=0)] = np.nan
        return joined

    def filled(self, vectors: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Put each part's mean song in place of songs that it does not predict: for each float32 [songs, k]."""
        return [np.where(missing(own)[:, None], part.mean.astype(np.float32), own)
                for part, own in zip(self.parts, vectors, strict=True)]  # fmt: skip

    def users(self, vectors: Sequence[np.ndarray]) -> np.ndarray:
        """Join the parts' user vectors: float32 [users, sum of k], zeros where a part scores all songs alike."""
        ends = np.cumsum([own.shape[1] for own in vectors])
        joined = np.empty((len(vectors[0]), ends[-1]), dtype=np.float32)
        for end, own, scale in zip(ends, vectors, self.scales(vectors).T, strict=True):
            np.multiply(own, scale[:, None].astype(np.float32), out=joined[:, end - own.shape[1] : end])
        return joined


def missing(vectors: np.ndarray) -> np.ndarray:
    """Tell the songs without a prediction, whose rows are NaN: bool [songs]."""
    return np.isnan(vectors[:, 0])


def log_silent(
    blend: Blend, names: Sequence[str], user_vectors: Sequence[np.ndarray], song_vectors: Sequence[np.ndarray]
) -> None:
    """Log for how many songs and users a part of a blend says nothing."""
    for name, part, users, songs in zip(names, blend.parts, user_vectors, song_vectors, strict=True):
        if unknown := int(missing(songs).sum()):
            log.warning("%s does not predict %s songs: the other models alone rank these", name, f"{unknown:,}")
        if alike := int((part.deviations(users) == 0).sum()):
            log.warning("%s scores all songs alike for %s users: the other models alone rank for these", name,
                        f"{alike:,}")  # fmt: skip
    lost = int(np.all([missing(songs) for songs in song_vectors], axis=0).sum())
    silent = int((blend.scales(user_vectors) == 0).all(axis=1).sum())
    log.info("%s songs are predicted by no model, and for %s users all songs tie", f"{lost:,}", f"{silent:,}")


def find_part(name: str, vectors: np.ndarray, songs: np.ndarray) -> Part:
    """Summarise the song vectors of a part over some songs.

    Parameters
    ----------
    vectors : float32 [songs, k], NaN rows for songs without a prediction; songs : bool [songs]

    Raises
    ------
    InputError
        It predicts fewer than two of them.
    """
    known = np.asarray(vectors[songs], dtype=np.float64)
    known = known[np.isfinite(known).all(axis=1)]
    if len(known) < 2:
        raise InputError(
            f"{name} predicts {len(known)} of {int(songs.sum()):,} validation songs, and a blend needs two to tell how "
            "far its scores lie apart: raise split.validation, or see what the songs lack in audio/index.parquet"
        )
    mean = known.mean(axis=0)
    own = known - mean
    return Part(mean, np.einsum("ij,ik->jk", own, own) / len(own), float(np.sqrt(np.square(known).sum(axis=1).mean())))
