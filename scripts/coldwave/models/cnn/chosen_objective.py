"""The objective that a network's settings name, with the plays that it needs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from coldwave.models.cnn.objectives import Objective, weighted_objective
from coldwave.models.cnn.ranking import LOSSES, RankingError


def chosen_objective(
    settings: Mapping[str, Any],
    plays: pl.DataFrame | None,
    user_factors: np.ndarray | None,
    song_factors: np.ndarray,
    training: np.ndarray,
    seed: int,
) -> Objective | None:
    """Set up the objective; None for the squared error, which needs only the targets.

    Parameters
    ----------
    settings : ``objective`` and its own: for wpe those of the confidences, ``alpha`` and ``epsilon``, as well
    plays : table ``user``, ``song``, ``count`` of training and validation songs; None for the squared error
    user_factors, song_factors : float32 [users, factors], [songs, factors]
    training : int [n], the training songs
    """
    name = settings["objective"]
    if name == "wpe":
        confidence = {key: settings[key] for key in ("alpha", "epsilon", "temper", "whiten_popularity")}
        return weighted_objective(plays, user_factors, song_factors, training, **confidence)
    if name in LOSSES:
        compared = {key: settings[key] for key in ("temperature", "plays_per_song", "temper")}
        return RankingError(plays, user_factors, len(song_factors), training, name, **compared, seed=seed)
    return None
