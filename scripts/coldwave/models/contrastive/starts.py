"""What towers start as: the features themselves, factors that are regressed on them, or nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from coldwave.models.contrastive.tower import Base, Tower
from coldwave.models.directions import find_directions
from coldwave.models.linear import fit_linear
from coldwave.wmf.gram import score_metric


def from_features(inputs: int) -> Base:
    """Start as the features themselves: the model is then ``knn``, the mean cosine to the songs played."""
    return Base(np.eye(inputs, dtype=np.float32), np.zeros(inputs, dtype=np.float32))


def from_factors(
    features: np.ndarray, factors: np.ndarray, training: np.ndarray, metric: np.ndarray, strengths: Sequence[float]
) -> Base:
    """Start as kind ``linear``, in coordinates of the factors in which a plain product is that of users' scores.

    Parameters
    ----------
    features : float32 [songs, d], NaN rows for songs without; factors : float32 [songs, factors]
    training : bool [songs]; metric : float64 [factors, factors] (``coldwave.wmf.gram.score_metric``)
    strengths : of the ridge regression

    Raises
    ------
    InputError
        Fewer than two training songs have features.
    """
    learnt = fit_linear(features, factors, training, metric, strengths)
    known = training & np.isfinite(features).all(axis=1)
    directions = find_directions(factors[known], metric)
    weight = directions.into.T @ learnt.weights
    return Base(weight.astype(np.float32), directions.coordinates(learnt.intercept).astype(np.float32))


def make_tower(
    inputs: np.ndarray,
    user_factors: np.ndarray,
    song_factors: np.ndarray,
    training: np.ndarray,
    settings: Mapping[str, Any],
) -> Tower:
    """Make a tower as it starts, with weights drawn at random (PyTorch's default).

    Parameters
    ----------
    inputs : float32 [songs, d], NaN rows for songs without
    user_factors, song_factors : float32 [users, factors] and [songs, factors]
    training : bool [songs]; settings : a ``contrastive`` entry of the configuration's models
    """
    base = None
    if settings["start"] == "features":
        base = from_features(inputs.shape[1])
    elif settings["start"] == "factors":
        base = from_factors(inputs, song_factors, training, score_metric(user_factors), settings["strengths"])
    outputs = settings["dimensions"] if base is None else len(base.bias)
    return Tower(inputs.shape[1], settings["hidden"], outputs, base)
