"""Errors of predicted factors, against the factors of the songs' own plays."""

import numpy as np


def factor_errors(predicted: np.ndarray, factors: np.ndarray) -> dict[str, np.ndarray]:
    """Compare the songs' predicted factors with those learnt from usage, both [songs, k].

    Returns
    -------
    float64 [songs] each, NaN for a song without a prediction. ``squared_error``: squared distance between the two.
    ``squared_deviation``: squared distance of the factors from their mean over these songs, so 1 - Σ squared_error / Σ
    squared_deviation is R² over all factors. ``cosine``: cosine of the two, NaN where one is zero.

    Raises
    ------
    ValueError
        The shapes differ.
    """
    if predicted.shape != factors.shape:
        raise ValueError(f"predicted factors {predicted.shape} and those from usage {factors.shape} differ in shape")
    predicted, factors = np.asarray(predicted, np.float64), np.asarray(factors, np.float64)
    known = np.isfinite(predicted).all(axis=1)
    error = np.square(predicted - factors).sum(axis=1)
    mean = factors[known].mean(axis=0) if known.any() else 0.0
    deviation = np.square(factors - mean).sum(axis=1)
    lengths = np.sqrt(np.square(predicted).sum(axis=1) * np.square(factors).sum(axis=1))
    cosine = np.divide((predicted * factors).sum(axis=1), lengths, out=np.full(len(lengths), np.nan), where=lengths > 0)
    return {
        "squared_error": np.where(known, error, np.nan),
        "squared_deviation": np.where(known, deviation, np.nan),
        "cosine": np.where(known, np.clip(cosine, -1, 1), np.nan),
    }
