"""Fit a blend: how far its parts' scores lie apart, and how much each of them counts."""

import logging
from collections.abc import Sequence

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from coldwave.models.blend.pairs import draw_pairs, margins
from coldwave.models.blend.vectors import Blend, find_part, missing
from coldwave.models.blend.weights import equal_weights, learn_weights

log = logging.getLogger(__name__)

LEARNT, EQUAL = "learnt", "equal"


def fit_blend(
    names: Sequence[str],
    plays: pl.DataFrame,
    validation: np.ndarray,
    user_vectors: Sequence[np.ndarray],
    song_vectors: Sequence[np.ndarray],
    weights: str | Sequence[float] = LEARNT,
    in_sample: Sequence[str] = (),
) -> Blend:
    """Fit a blend of models.

    Parameters
    ----------
    names : of the parts
    plays : table ``user``, ``song``, each pair once; only those of validation songs count
    validation : bool [songs]
    user_vectors, song_vectors : for each part, float32 [users, k] and [songs, k], NaN rows for songs without
    weights : ``LEARNT``, ``EQUAL``, or a number for each part
    in_sample : names of parts that predict validation songs as songs that they have learnt from: with one, weights
        cannot be learnt, and are equal

    Raises
    ------
    InputError
        A part predicts fewer than two validation songs.
    """
    parts = [find_part(name, own, validation) for name, own in zip(names, song_vectors, strict=True)]
    blend = Blend(parts, equal_weights(len(parts)).values)
    if not isinstance(weights, str):
        blend = Blend(parts, np.array(weights, dtype=np.float64) / sum(weights))
    elif weights == LEARNT and in_sample:
        log.warning("%s has learnt from validation songs, so these cannot tell how much it counts: weights are equal "
                    "(give it refit: false, or write weights)", ", ".join(in_sample))  # fmt: skip
    elif weights == LEARNT:
        with threadpool_limits(1):  # or the weights' last bits depend on the threads
            blend = Blend(parts, _learnt(blend, plays, validation, user_vectors, song_vectors, names))
    log.info("weights: %s", _said(names, blend.weights))
    return blend


def _said(names: Sequence[str], weights: np.ndarray, errors: np.ndarray | None = None) -> str:
    """Write weights in words, with their standard errors."""
    known = [""] * len(names) if errors is None else [f" ± {error:.2f}" for error in errors]
    return ", ".join(f"{name} {weight:.2f}{error}" for name, weight, error in zip(names, weights, known, strict=True))


def _learnt(
    even: Blend,
    plays: pl.DataFrame,
    validation: np.ndarray,
    user_vectors: Sequence[np.ndarray],
    song_vectors: Sequence[np.ndarray],
    names: Sequence[str],
) -> np.ndarray:
    """Learn the weights of an ``even`` blend from pairs of validation songs: float64 [parts]."""
    predicted = np.flatnonzero(validation & ~np.all([missing(own) for own in song_vectors], axis=0))
    vectors = even.filled([own[predicted] for own in song_vectors])
    place = np.full(len(validation), -1)
    place[predicted] = np.arange(len(predicted))
    own = plays.filter(pl.col("song").is_in(predicted)).sort("user", "song")
    users, songs = own["user"].to_numpy(), place[own["song"].to_numpy()]
    pairs = draw_pairs(users, songs, len(predicted), np.random.default_rng(0))  # the same for every model
    judges, rows = np.unique(pairs.user, return_inverse=True)
    own_vectors = [own[judges] for own in user_vectors]
    scales = Blend(even.parts, np.ones(len(even.parts))).scales(own_vectors)
    found = margins(pairs._replace(user=rows), own_vectors, vectors, scales)
    weights = learn_weights(pairs, found)
    log.info("learnt from %s pairs of %s users and %s validation songs, worth %.0f independent pairs: %s",
             f"{len(found):,}", f"{len(judges):,}", f"{len(predicted):,}", weights.worth,
             _said(names, weights.values, weights.errors), extra={"screen": True})  # fmt: skip
    return weights.values
