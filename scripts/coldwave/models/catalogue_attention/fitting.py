"""Fitting of the whole model: the regression, the effects of names, the attention, and how much of it is kept."""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import torch

from coldwave.models.catalogue_attention.attention import change_of_attention, shrunk_share
from coldwave.models.catalogue_attention.prediction import Learnt, left_by_sound
from coldwave.models.catalogue_attention.training import train_attention
from coldwave.models.linear import fit_linear, predict_linear
from coldwave.models.names.groups import Groups
from coldwave.models.names.prediction import Heard, fit_names, predict_names
from coldwave.split.parts import songs_with_features

log = logging.getLogger(__name__)


def fit_catalogue(
    groups: Groups,
    features: np.ndarray,
    song_factors: np.ndarray,
    training: np.ndarray,
    validation: np.ndarray,
    metric: np.ndarray,
    settings: Mapping[str, Any],
    seed: int,
    device: torch.device,
) -> tuple[Learnt, pl.DataFrame]:
    """Fit the model, and return its learning curve as well.

    Attention is trained on training songs, which attend to training songs alone: queries and keys share a projection,
    so that a pair learnt one way would be known the other way as well. Validation songs say how long it is trained and
    which part of its change is kept. With ``refit`` they are known songs besides: the regression learns from them, and
    they stand in their artists' catalogues when songs are predicted.

    Parameters
    ----------
    features : float32 [songs, d], NaN rows for songs without audio
    song_factors : float32 [songs, factors]; training, validation : bool [songs]
    metric : float64 [factors, factors] (``coldwave.wmf.gram.score_metric``): errors are those of users' scores

    Raises
    ------
    InputError
        No training or no validation song has features, or too few for a regression.
    """
    known = training | validation if settings["refit"] else training
    taught, judged = songs_with_features(features, training, validation)
    linear = fit_linear(features, song_factors, known, metric, settings["strengths"])
    heard = predict_linear(features, linear.weights, linear.intercept, linear.left_out)
    audio = Heard.as_new(heard)
    names = fit_names(groups, song_factors, known, metric, audio)
    left = left_by_sound(names, song_factors, heard)
    attention, curve = train_attention(
        groups.artist, training, features, left, names.ratios.artist, taught, judged, settings, seed, device
    )
    before = predict_names(groups, song_factors, known, names, audio)
    error = (names.directions.coordinates(song_factors) - names.directions.coordinates(before))[judged]
    change = change_of_attention(attention, groups.artist, known, features, left)[judged]
    share = shrunk_share(change, error, groups.artist[judged])
    log.info("share of what attention changes that is kept: %.3g; mean squared error of scores on %d validation songs: "
             "%.5g, %.5g without attention", share, judged.sum(), *(np.square(one).sum(axis=1).mean()
             for one in (error - share * change, error)), extra={"screen": True})  # fmt: skip
    attention = attention._replace(share=np.array(share, dtype=np.float32))
    return Learnt(linear.weights, linear.intercept, linear.left_out, names, attention), curve
