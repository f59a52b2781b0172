"""How close predicted factors come to those from the songs' own plays: explained variance, cosine, calibration."""

from collections.abc import Mapping

import numpy as np
import polars as pl

FIT = {
    "model": pl.String,
    "songs": pl.UInt32,
    "missing": pl.UInt32,
    "r2": pl.Float64,
    "r2_lowest": pl.Float64,
    "r2_median": pl.Float64,
    "r2_highest": pl.Float64,
    "slope": pl.Float64,
    "cosine": pl.Float64,
    "cosine_sd": pl.Float64,
}
BY_FACTOR = {"model": pl.String, "factor": pl.UInt32, "r2": pl.Float64, "slope": pl.Float64}
BINS = 10


def explained_variance(true: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, float]:
    """R² of each factor, float64 [factors], and of all together: 1 - squared errors / squared distances to the mean.

    NaN for a factor that is the same for all songs. Arrays are [songs, factors].
    """
    errors = np.sum((true - predicted) ** 2, axis=0)
    spread = np.sum((true - true.mean(axis=0)) ** 2, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where(spread > 0, 1 - errors / spread, np.nan)
    return each, float(1 - errors.sum() / spread.sum()) if spread.sum() > 0 else np.nan


def slopes(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Slope of the regression of true on predicted values of each factor, [factors]: 1 is calibrated."""
    centred = predicted - predicted.mean(axis=0)
    spread = np.sum(centred**2, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(spread > 0, np.sum(centred * true, axis=0) / spread, np.nan)


def cosines(true: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Cosine of each song's two vectors, float64 [songs]; NaN where one is zero."""
    lengths = np.linalg.norm(true, axis=1) * np.linalg.norm(predicted, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(lengths > 0, np.sum(true * predicted, axis=1) / lengths, np.nan)


def fit_tables(
    true: np.ndarray, predicted: Mapping[str, np.ndarray], test: np.ndarray
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Compare what models predict for test songs with the factors of the songs' own plays.

    Parameters
    ----------
    true : float [songs, factors]; predicted : the same by model, NaN rows for songs without a prediction (left out)
    test : bool [songs]

    Returns
    -------
    a row for each model (``FIT``) and for each of its factors (``BY_FACTOR``); null where nothing can be measured
    """
    models, factors = [], []
    for model, vectors in predicted.items():
        usable = test & np.isfinite(vectors).all(axis=1)
        ours, theirs = vectors[usable].astype(np.float64), true[usable].astype(np.float64)
        row = {"model": model, "songs": int(usable.sum()), "missing": int((test & ~usable).sum())}
        if len(ours):
            each, together = explained_variance(theirs, ours)
            slope, cosine = slopes(theirs, ours), cosines(theirs, ours)
            centred = ours - ours.mean(axis=0)
            row |= {"r2": together, "slope": float(np.sum(centred * theirs) / max(np.sum(centred**2), 1e-300))}
            if np.isfinite(each).any():
                summaries = {"r2_lowest": np.nanmin, "r2_median": np.nanmedian, "r2_highest": np.nanmax}
                row |= {name: float(of(each)) for name, of in summaries.items()}
            if np.isfinite(cosine).any():
                row |= {"cosine": float(np.nanmean(cosine)), "cosine_sd": float(np.nanstd(cosine))}
            factors += [(model, factor + 1, each[factor], slope[factor]) for factor in range(len(each))]
        models.append({column: row.get(column) for column in FIT})
    tables = pl.DataFrame(models, schema=FIT), pl.DataFrame(factors, schema=BY_FACTOR, orient="row")
    return tables[0].fill_nan(None), tables[1].fill_nan(None)


def calibration(
    true: np.ndarray, predicted: np.ndarray, training: np.ndarray, test: np.ndarray, bins: int = BINS
) -> tuple[np.ndarray, np.ndarray]:
    """Mean predicted and mean true values of test songs' factors, in bins of equally many predictions.

    Every factor is measured in standard deviations of training songs from their mean, so that all share one plot.

    Parameters
    ----------
    true, predicted : float [songs, factors], NaN rows for songs without a prediction; training, test : bool [songs]

    Returns
    -------
    two float64 [bins], fewer if there are fewer values
    """
    mean = true[training].mean(axis=0, dtype=np.float64)
    scale = true[training].std(axis=0, dtype=np.float64)
    scale = np.where(scale > 0, scale, 1)
    usable = test & np.isfinite(predicted).all(axis=1)
    values = ((predicted[usable] - mean) / scale).ravel()
    targets = ((true[usable] - mean) / scale).ravel()
    order = np.argsort(values, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return np.array([values[part].mean() for part in parts]), np.array([targets[part].mean() for part in parts])


def fit_columns(models: pl.DataFrame) -> dict[str, list[str]]:
    """Format the table of models for people."""

    def cells(column: str) -> list[str]:
        return ["–" if value is None else f"{value:.3f}" for value in models[column]]

    return {
        "model": models["model"].to_list(),
        "R²": cells("r2"),
        "lowest": cells("r2_lowest"),
        "median": cells("r2_median"),
        "highest": cells("r2_highest"),
        "slope": cells("slope"),
        "cosine": cells("cosine"),
        "sd": cells("cosine_sd"),
        "songs": [f"{songs:,}" for songs in models["songs"]],
        "missing": [f"{songs:,}" for songs in models["missing"]],
    }


def fit_notes() -> list[str]:
    """How to read the table of models."""
    return [
        "Test songs alone: predicted factors, compared with the factors from the songs' own plays (folded in with the "
        "user factors frozen). R² is the share of the variance over test songs that is explained: of all factors "
        "together, then the lowest, median and highest of single factors. Below 0 is worse than the songs' mean. Each "
        "factor's R² is in tables/factor_r2.csv.",
        "Slope of the regression of true on predicted values, pooled over centred factors. 1 is calibrated; below 1, "
        "predictions are too extreme.",
        "Cosine of a song's predicted and true factors: mean and standard deviation over songs.",
        "Models trained for another objective than the squared error of the factors (weighted prediction error, unit "
        "norm) do not aim at these numbers.",
    ]
