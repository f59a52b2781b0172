"""Tag prediction (section 5.1 of the paper): logistic regression, cross-validated over songs, one tag at a time."""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from coldwave.progress import track

log = logging.getLogger(__name__)

ALL, HELD_OUT = "all", "held out"  # which songs the regressions are fitted to and tested on
USAGE, BAG_OF_WORDS = "usage factors", "bag of words"
STEPS = 1000  # most steps of the regression's solver
PAPER = {(BAG_OF_WORDS, ALL): 0.69365, (USAGE, ALL): 0.86703}

SUMMARY = {
    "inputs": pl.String,
    "part": pl.String,
    "songs": pl.UInt32,
    "tags": pl.UInt32,
    "auc": pl.Float64,
    "auc_sd": pl.Float64,
    "paper": pl.Float64,
}
BY_TAG = {
    "inputs": pl.String,
    "part": pl.String,
    "tag": pl.String,
    "songs": pl.UInt32,
    "tagged": pl.UInt32,
    "auc": pl.Float64,
    "auc_sd": pl.Float64,
}


def popular_tags(tags: pl.Series, number: int, least: int) -> list[str]:
    """Choose the tags that most songs have; ties are in the order of their names.

    Parameters
    ----------
    tags : list of texts for each song
    least : songs that must have a tag, and songs that must lack it, for it to count
    """
    table = pl.DataFrame({"tag": tags.list.unique().explode()}).filter(pl.col("tag").str.strip_chars() != "")
    counts = table.group_by("tag").len().filter((pl.col("len") >= least) & (len(tags) - pl.col("len") >= least))
    return counts.sort(["len", "tag"], descending=[True, False])["tag"].head(number).to_list()


def fold_aucs(
    features: np.ndarray, tagged: np.ndarray, folds: int, regularization: float, seed: int
) -> tuple[np.ndarray, bool]:
    """Measure one tag's AUC in each fold: float64 [folds], and whether every regression converged.

    Folds are stratified by the tag. Inputs are standardised by the songs fitted to. The regression minimises the sum
    of the songs' log-losses and regularization / 2 times the squared coefficients (the intercept is free).

    Parameters
    ----------
    features : float [songs, d]; tagged : bool [songs], at least ``folds`` True and ``folds`` False
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from threadpoolctl import threadpool_limits

    regression = LogisticRegression(C=1 / regularization, max_iter=STEPS)
    aucs = []
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        for fitted, tested in StratifiedKFold(folds, shuffle=True, random_state=seed).split(features, tagged):
            mean, scale = features[fitted].mean(axis=0), features[fitted].std(axis=0)
            scale[scale == 0] = 1
            regression.fit((features[fitted] - mean) / scale, tagged[fitted])
            aucs.append(auc(((features[tested] - mean) / scale) @ regression.coef_[0], tagged[tested]))
    return np.array(aucs), not any(issubclass(one.category, ConvergenceWarning) for one in caught)


def auc(scores: np.ndarray, tagged: np.ndarray) -> float:
    """Share of pairs of a song with the tag and a song without, in which the first scores higher; ties count half.

    ``scores`` is float [songs], ``tagged`` bool [songs].
    """
    from scipy.stats import rankdata

    positive = int(tagged.sum())
    return (rankdata(scores)[tagged].sum() - positive * (positive + 1) / 2) / (positive * (len(tagged) - positive))


def predict_tags(
    inputs: Mapping[str, np.ndarray],
    tags: pl.Series,
    names: Sequence[str],
    folds: int,
    regularization: float,
    seed: int,
    threads: int = 1,
) -> pl.DataFrame:
    """Predict every tag from every input: AUC, its mean and standard deviation over the folds.

    The folds of a tag are the same for all inputs.

    Parameters
    ----------
    inputs : float [songs, d] each; tags : list of texts for each song; names : the tags to predict
    threads : number of processes; changes the time, not the result

    Returns
    -------
    table ``inputs``, ``tag``, ``songs``, ``tagged``, ``auc``, ``auc_sd``
    """
    from joblib import Parallel, delayed

    tagged = {name: tags.list.contains(name).to_numpy() for name in names}
    tasks = [(name, tag) for name in inputs for tag in names]
    values = {name: np.asarray(array, dtype=np.float64) for name, array in inputs.items()}
    found = Parallel(n_jobs=threads, return_as="generator")(
        delayed(fold_aucs)(values[name], tagged[tag], folds, regularization, seed) for name, tag in tasks
    )
    rows, unfinished = [], 0
    for (name, tag), (aucs, converged) in zip(tasks, track(found, "tags predicted", len(tasks)), strict=True):
        unfinished += not converged
        counts = {"songs": len(tags), "tagged": int(tagged[tag].sum())}
        rows.append({"inputs": name, "tag": tag, **counts, "auc": aucs.mean(), "auc_sd": aucs.std(ddof=1)})
    if unfinished:
        log.warning(
            "%s of %s cross-validations have regressions that did not converge in %s steps",
            unfinished,
            len(tasks),
            STEPS,
        )
    return pl.DataFrame(rows, schema={name: type_ for name, type_ in BY_TAG.items() if name != "part"})


def sampled(songs: np.ndarray, most: int | None, seed: int) -> np.ndarray:
    """Draw at most ``most`` songs at random, in their order; all of them if it is None."""
    if most is None or len(songs) <= most:
        return songs
    return np.sort(np.random.default_rng(seed).choice(songs, most, replace=False))


def tag_tables(
    tags: pl.Series,
    held_out: np.ndarray,
    features: Mapping[str, np.ndarray],
    predicted: Mapping[str, np.ndarray],
    *,
    number: int,
    folds: int,
    min_songs: int,
    max_songs: int | None,
    regularization: float,
    seed: int,
    threads: int = 1,
) -> tuple[pl.DataFrame, pl.DataFrame, str]:
    """Predict tags from ``features`` over all songs, and from them and ``predicted`` over held-out songs.

    A model has seen the plays of its training songs, so predicted factors are measured over validation and test songs
    alone. Only songs with a tag and all inputs take part: a song without tags may never have been tagged.

    Parameters
    ----------
    tags : list of texts for each song; held_out : bool [songs]
    features, predicted : float [songs, d] each, NaN rows for songs without

    Returns
    -------
    the means (``SUMMARY``), the tags (``BY_TAG``), and a sentence if there is nothing to predict, else ""
    """
    everything = {**features, **predicted}
    complete = np.logical_and.reduce([np.isfinite(array).all(axis=1) for array in everything.values()])
    tagged = (tags.list.len() > 0).to_numpy()
    tables = []
    for part, chosen, inputs in (
        (ALL, tagged & complete, features),
        (HELD_OUT, tagged & complete & held_out, everything),
    ):
        songs = sampled(np.flatnonzero(chosen), max_songs, seed)
        own = tags.gather(songs)
        names = popular_tags(own, number, max(min_songs, folds))
        log.info("%s songs: %s with tags, %s tags with enough", part, f"{len(songs):,}", len(names))
        taken = {name: array[songs] for name, array in inputs.items()}
        found = predict_tags(taken, own, names, folds, regularization, seed, threads)
        tables.append(found.with_columns(part=pl.lit(part)).select(list(BY_TAG)))
    by_tag = pl.concat(tables)
    summary = by_tag.group_by("inputs", "part", maintain_order=True).agg(
        songs=pl.col("songs").first(),
        tags=pl.len().cast(pl.UInt32),
        auc=pl.col("auc").mean(),
        auc_sd=pl.col("auc").std(),
    )
    published = [PAPER.get(row) for row in summary.select("inputs", "part").iter_rows()]
    summary = summary.with_columns(paper=pl.Series(published, dtype=pl.Float64)).select(list(SUMMARY))
    return summary, by_tag, _reason(tagged, complete, by_tag, max(min_songs, folds))


def _reason(tagged: np.ndarray, complete: np.ndarray, by_tag: pl.DataFrame, least: int) -> str:
    """Say why the table has no rows, or none of one part."""
    if not tagged.any():
        return "The songs of this run have no tags, so there is nothing to predict."
    if not (tagged & complete).any():
        return "No song has both tags and all inputs (its plays, its audio), so there is nothing to predict."
    lacking = [part for part in (ALL, HELD_OUT) if part not in by_tag["part"]]
    songs = {ALL: "songs", HELD_OUT: "songs held out"}
    return " ".join(
        f"No tag has {least} {songs[part]} that have it and {least} that lack it, so none is predicted for them."
        for part in lacking
    )
