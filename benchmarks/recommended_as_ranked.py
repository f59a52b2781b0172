"""Whether a listener is recommended held-out plays as a run's own scores say.

    python benchmarks/recommended_as_ranked.py results/demo linear cnn_time

Each user who has played test songs is asked for twice: the scores that `coldwave.load` gives of all songs, and the list
that it recommends to somebody who has the user's plays of training songs, among the test songs. Both are ranked here
with scikit-learn's AUC and an average precision of a few lines, and printed beside the means of the run's own scores of
the same users and seed. Nothing can be recommended to users without plays of training songs, nor ranked for those who
have played all test songs: they are left out of every column, so the means may differ from those of the run's tables. A
list folds the plays in anew and leaves out copies of a recording, so its figures may differ in the third digit.
"""

import argparse
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

import coldwave
from coldwave.files import read_table
from coldwave.progress import track
from coldwave.split.parts import TEST, TRAIN
from coldwave.use.models import find_model

ORDERS = 200


def average_precision(played: np.ndarray, cutoff: int) -> float:
    """AP of one ranking, cut: ``played`` says of each song, best first, whether the user has played it."""
    hits = played[:cutoff]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].sum() / min(played.sum(), cutoff))


def measures(scores: np.ndarray, played: np.ndarray, cutoff: int) -> tuple[float, float]:
    """AP and AUC of one user's scores of the test songs. A song without a score ranks last.

    AP is the mean over orders of the tied songs, drawn where there are any.
    """
    scores = np.where(np.isfinite(scores), scores, scores[np.isfinite(scores)].min(initial=0) - 1)
    draws = np.random.default_rng(0).random((ORDERS if len(np.unique(scores)) < len(scores) else 1, len(scores)))
    found = [average_precision(played[np.lexsort((draw, -scores))], cutoff) for draw in draws]
    return float(np.mean(found)), float(roc_auc_score(played, scores))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("models", nargs="*", help="names of models; by default the model that recommends")
    options = parser.parse_args()
    run = coldwave.load(options.run)
    part, ids = read_table(options.run / "split/split.parquet")["part"], run.songs["song_id"]
    test, train = (np.flatnonzero((part == name).to_numpy()) for name in (TEST, TRAIN))
    cutoff = run.files.config["evaluation"]["cutoff"]
    names = read_table(options.run / "plays/users.parquet")["user_id"]
    plays = read_table(options.run / "plays/plays.parquet").sort("user", "song")
    number = pl.col("song").is_in(test).sum().alias("test"), pl.col("song").is_in(train).sum().alias("train")
    ranked = plays.group_by("user", maintain_order=True).agg(*number).filter(pl.col("test") > 0)
    users = ranked.filter(pl.col("test") < len(test), pl.col("train") > 0)["user"]
    print(f"{len(users):,} users, {len(test):,} test songs")
    print(f"{ranked.height - len(users):,} users left out: no play of a training song, or plays of all test songs", "",
          sep="\n")  # fmt: skip
    print("| model | mAP, AUC of the run | of the scores | of the lists |", "| --- | --- | --- | --- |", sep="\n")
    for model in options.models or [run.default_model[0]]:
        seed = find_model(run.files, model).seed
        found: dict[str, list[tuple[float, float]]] = {"scores": [], "lists": []}
        for user in track(users, "users asked"):
            of = plays.filter(user=user)
            played = np.isin(test, of["song"])
            scores = run.scores(names[user], model=model, seed=seed, by="sound")[test]
            found["scores"].append(measures(scores, played, cutoff))
            known = of.filter(pl.col("song").is_in(train))
            history = dict(zip(ids.gather(known["song"]), known["count"], strict=True))
            listed = run.recommend(
                plays=history, n=len(test), among=ids.gather(test).to_list(), per_artist=None, model=model, seed=seed,
                by="sound",
            ).table  # fmt: skip
            of_lists = np.full(len(run.songs), np.nan)
            of_lists[listed["song"].to_numpy()] = -listed["rank"].to_numpy().astype(float)
            found["lists"].append(measures(of_lists[test], played, cutoff))
        told = read_table(options.run / f"scores/{model}/{seed}.parquet").filter(pl.col("user").is_in(users.implode()))
        rows = [(told["ap"].mean(), told["auc"].mean()), *(np.mean(found[name], axis=0) for name in found)]
        print(f"| {model} |", " | ".join(f"{ap:.5f}, {auc:.5f}" for ap, auc in rows), "|", flush=True)


if __name__ == "__main__":
    main()
