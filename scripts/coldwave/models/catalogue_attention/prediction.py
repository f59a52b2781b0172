"""Songs predicted by what is heard, by effects of artist and album, and by attention to the artist's catalogue.

What is heard is a ridge regression from features (``coldwave.models.linear``). Effects of artist and album on what it
leaves come next (``coldwave.models.names``). Attention then changes the artist's part of these for each song by itself.
How much of its change is kept is estimated on validation songs; if nothing is, this is `names` on a linear model.
"""

import logging
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from coldwave.models.catalogue_attention.attention import Attention, change_of_attention
from coldwave.models.linear import predict_linear
from coldwave.models.names.groups import Groups
from coldwave.models.names.prediction import Heard, Names, predict_names

log = logging.getLogger(__name__)


class Learnt(NamedTuple):
    """The parts of the model.

    ``weights`` float32 [factors, d] and ``intercept`` [factors] of the regression; ``left_out`` float32
    [songs, factors], its predictions of the known songs, each by the regression without it, NaN for other songs.
    """

    weights: np.ndarray
    intercept: np.ndarray
    left_out: np.ndarray
    names: Names
    attention: Attention

    @classmethod
    def of(cls, tensors: Mapping[str, np.ndarray]) -> "Learnt":
        """Read it from the arrays that `tensors` made."""
        attention = Attention(*(tensors[f"attention.{name}"] for name in Attention._fields))
        return cls(*(tensors[name] for name in cls._fields[:3]), Names.of(tensors), attention)

    def tensors(self) -> dict[str, np.ndarray]:
        """Name its arrays."""
        names = self.names.tensors(Heard.as_new(self.left_out))
        attention = {f"attention.{name}": array for name, array in self.attention._asdict().items()}
        own = {name: getattr(self, name) for name in self._fields[:3]}
        return own | {name: array for name, array in names.items() if name != "learnt"} | attention


def left_by_sound(names: Names, song_factors: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """Compute what the regression and the mean leave of songs, along the directions: float64 [songs, k].

    Without audio, of which nothing is heard, all but the mean is left.
    """
    wanted, own = (names.directions.coordinates(factors) for factors in (song_factors, heard))
    return np.where(np.isfinite(own), wanted - own, wanted) - names.means[0]


def predict_by_catalogue(
    groups: Groups, song_factors: np.ndarray, known: np.ndarray, features: np.ndarray, learnt: Learnt
) -> np.ndarray:
    """Predict songs: known ones from the other songs of their artist, as new ones are.

    Parameters
    ----------
    song_factors : float32 [songs, factors], of known songs; known : bool [songs]
    features : float32 [songs, d], NaN rows for songs without audio, which are predicted by names alone

    Returns
    -------
    float32 [songs, factors]
    """
    heard = predict_linear(features, learnt.weights, learnt.intercept, learnt.left_out)
    predicted = predict_names(groups, song_factors, known, learnt.names, Heard.as_new(heard))
    if not learnt.attention.share:
        return predicted
    left = left_by_sound(learnt.names, song_factors, heard)
    change = change_of_attention(learnt.attention, groups.artist, known, features, left)
    return (predicted + learnt.attention.share * (change @ learnt.names.directions.back)).astype(np.float32)
