"""How models rank new songs when they have learnt from fewer songs, or from fewer plays.

    python benchmarks/fewer_songs.py results/emotify-fold[1-5] --features musicnn

Of each finished run, a number of its known songs, or a share of the plays of all of them, is drawn. Factors and models
are learnt from these alone, and rank the run's test songs. AUC and mAP@500: means over runs and draws.
"""

import argparse
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from coldwave.evaluation.scores import score_model
from coldwave.files import read_array, read_table
from coldwave.models.knn import mean_played, unit_length
from coldwave.models.linear import fit_linear, predict_linear
from coldwave.models.names.groups import find_groups
from coldwave.models.names.prediction import Heard, fit_names, predict_names
from coldwave.split.parts import TEST
from coldwave.use.models import features_of
from coldwave.wmf.als import factorise_songs
from coldwave.wmf.gram import score_metric

WMF = {"factors": 50, "alpha": 20.0, "epsilon": 1.0, "regularization": 20.0, "unplayed_weight": 1.0,
       "frequency_scaling": 0.0, "iterations": 15, "solver": "exact", "threads": 1}  # fmt: skip
STRENGTHS = [0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]
SONGS, SHARES = (40, 80, 160), (0.1, 0.25, 0.5)


def predictions(
    plays: pl.DataFrame, songs: pl.DataFrame, features: np.ndarray, known: np.ndarray, users: int
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield each model's name, user vectors and song vectors, learnt from the ``known`` songs, bool [songs]."""
    user_factors, song_factors, _ = factorise_songs(plays, known, users, seed=1, **WMF)
    metric, groups = score_metric(user_factors), find_groups(songs)
    linear = fit_linear(features, song_factors, known, metric, STRENGTHS)
    heard = predict_linear(features, linear.weights, linear.intercept, linear.left_out)
    yield "linear", user_factors, heard
    vectors = unit_length(features)
    yield "knn", mean_played(plays, vectors, known, users), vectors
    for name, audio in (("names", None), ("names with linear", Heard.as_new(heard))):
        names = fit_names(groups, song_factors, known, metric, audio)
        yield name, user_factors, predict_names(groups, song_factors, known, names, audio)


def measures(
    results: Path, features: np.ndarray, number: int | None, share: float, seed: int
) -> dict[str, tuple[float, float]]:
    """Measure each model of one draw: AUC and mAP@500."""
    rng = np.random.default_rng(seed)
    plays, songs = read_table(results / "plays/plays.parquet"), read_table(results / "plays/songs.parquet").sort("song")
    split = read_table(results / "split/split.parquet").sort("song")
    known = (split["part"] != TEST).to_numpy()
    if number:
        known = np.isin(np.arange(len(known)), rng.permutation(np.flatnonzero(known))[:number])
    kept = ~known[plays["song"].to_numpy()] | (rng.random(plays.height) < share)
    users = read_table(results / "plays/users.parquet").height
    found = {}
    for name, user_vectors, song_vectors in predictions(plays.filter(kept), songs, features, known, users):
        by_user = score_model(plays, split, songs, user_vectors, song_vectors, cutoff=500, list_lengths=[10]).users
        found[name] = by_user["auc"].mean(), by_user["ap"].mean()
    return found


def main() -> None:
    """Print a row for each number of songs and share of plays."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+", help="folders of finished runs, such as folds")
    parser.add_argument("--features", default="bow", help="what linear and knn hear: bow, or an embedding or encoder")
    parser.add_argument("--draws", type=int, default=3, help="draws of songs or plays in each run")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    for number, share in (*((songs, 1.0) for songs in SONGS), (None, 1.0), *((None, share) for share in SHARES)):
        rows = [
            measures(results, read_array(results / features_of(given.features)), number, share, seed)
            for results in given.results
            for seed in range(given.draws)
        ]
        means = {model: np.mean([row[model] for row in rows], axis=0) for model in rows[0]}
        told = "  ".join(f"{model} {auc:.3f} / {ap:.3f}" for model, (auc, ap) in means.items())
        print(f"{number or 'all':>4} songs, {share:4.0%} of their plays: {told}", flush=True)


if __name__ == "__main__":
    main()
