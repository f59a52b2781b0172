"""How much of the error of predicted factors lies along the one direction that carries popularity."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from coldwave.wmf.gram import gram_matrix
from coldwave.wmf.popularity import popularity_direction

POPULARITY_ERROR = {
    "model": pl.String,
    "songs": pl.UInt32,
    "share_of_factors": pl.Float64,
    "share_of_scores": pl.Float64,
    "bias": pl.Float64,
    "correlation": pl.Float64,
}


def popularity_errors(
    true: np.ndarray, predicted: Mapping[str, np.ndarray], users: np.ndarray, plays: np.ndarray, test: np.ndarray
) -> tuple[pl.DataFrame, float]:
    """Measure the error e = y' - y of test songs along v, the direction of `popularity_direction`.

    Parameters
    ----------
    true : float [songs, factors], y; predicted : the same by model, NaN rows for songs without a prediction (left out)
    users : float [users, factors]; plays : int [songs], of each song; test : bool [songs]

    Returns
    -------
    a row for each model (``POPULARITY_ERROR``), null where nothing can be measured, and the correlation of y . v with
    the logarithm of 1 + plays over test songs. ``share_of_factors``: sum of (e . v)^2 / sum of e . e;
    ``share_of_scores``: the same of the squared errors of all users' scores, sum of λ_1 (e . v)^2 / sum of e . X^T X e;
    ``bias``: mean of e . v, in standard deviations of y . v, positive where songs are predicted too popular;
    ``correlation``: of e . v with the logarithm of 1 + plays
    """
    gram, popularity = gram_matrix(users), np.log1p(np.asarray(plays, dtype=np.float64))
    direction, _ = popularity_direction(gram)
    known = true[test].astype(np.float64) @ direction
    told = _correlation(known, popularity[test])
    direction = -direction if told < 0 else direction
    rows = []
    for model, vectors in predicted.items():
        usable = test & np.isfinite(vectors).all(axis=1)
        errors = vectors[usable].astype(np.float64) - true[usable]
        along, row = errors @ direction, {"model": model, "songs": int(usable.sum())}
        if (errors != 0).any():
            scores = np.einsum("ij,jk,ik->", errors, gram, errors)
            row |= {
                "share_of_factors": np.sum(along**2) / np.sum(errors**2),
                "share_of_scores": direction @ gram @ direction * np.sum(along**2) / scores,
                "bias": along.mean() / known.std() if known.std() > 0 else None,
                "correlation": _correlation(along, popularity[usable]),
            }
        rows.append({column: row.get(column) for column in POPULARITY_ERROR})
    return pl.DataFrame(rows, schema=POPULARITY_ERROR).fill_nan(None), abs(told)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    spread = one.std() * other.std()
    return float(np.mean((one - one.mean()) * (other - other.mean())) / spread) if spread > 0 else np.nan


def popularity_columns(models: pl.DataFrame) -> dict[str, list[str]]:
    """Format the table of models for people."""

    def cells(column: str, form: str) -> list[str]:
        return ["–" if value is None else format(value, form) for value in models[column]]

    return {
        "model": models["model"].to_list(),
        "share, factors": cells("share_of_factors", ".2%"),
        "share, scores": cells("share_of_scores", ".1%"),
        "bias": cells("bias", "+.2f"),
        "correlation": cells("correlation", "+.2f"),
        "songs": [f"{songs:,}" for songs in models["songs"]],
    }


def popularity_notes(told: float) -> list[str]:
    """How to read the table of models; ``told`` is the correlation that `popularity_errors` returns."""
    return [
        "Test songs alone: the error of predicted factors along the direction in which all users' factors agree. A "
        f"song's own factors along it have a correlation of {told:.2f} with the logarithm of its plays.",
        "Share of the squared error that lies along this one direction: of the factors, which the objective mse sums, "
        "and of all users' scores, which the objective wpe sums but for the confidences.",
        "Bias: the mean error along it, in standard deviations of the songs' own. Above 0, songs are predicted too "
        "popular. Correlation: of the error along it with the logarithm of the songs' plays. Near -1, nothing of "
        "popularity was predicted. With whiten_popularity, it weighs no more than others in wpe.",
    ]
