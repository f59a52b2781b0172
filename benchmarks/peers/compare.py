"""Rank vectors of `run.py` beside models of the same runs, by the measures of the evaluation, and print a table.

    python -m benchmarks.peers.compare results/emotify-fold[1-5] --theirs theirs

``--theirs`` holds a folder of `run.py`'s for each run, of the run's name. The measures are those that the models would
have in the run's tables as models of kind ``predictions``; ``--serving`` adds those of ``tables/where.md`` among songs
that are alike. ± is over runs, of the means over a model's seeds. The last columns are paired differences in AUC and
mAP from the model named ``--against``, with the number of runs in which the 95 % interval over users and test songs
(and trainings, if there are several) leaves out zero. Seconds and memory of our models are those of the rules that fit
and predict, theirs of training, all seeds' means.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from coldwave.evaluation.compiled import keep_compiled
from coldwave.evaluation.differences import Comparison, compare
from coldwave.evaluation.pair_auc import map_within, rank_pairs
from coldwave.evaluation.pair_rows import ALIKE, TYPES
from coldwave.evaluation.pair_types import Pairs, find_pairs
from coldwave.evaluation.recommendation import Trained
from coldwave.evaluation.scores import score_model
from coldwave.evaluation.table_of_measures import AUC, MAP
from coldwave.exhibits.markdown import pipe_table
from coldwave.files import read_array, read_table
from coldwave.models.predictions.vectors import read_vectors, zero_without

CUTOFF, LENGTH = 500, 20
OURS = ("linear_musicnn", "knn_musicnn", "names_musicnn")
COLUMNS = {"user": "user_id", "song": "song_id", "delimiter": None}
SHOWN = {"auc": "AUC", "ap": "mAP", f"ndcg_{LENGTH}": f"nDCG@{LENGTH}", f"recall_{LENGTH}": f"recall@{LENGTH}"}
SERVING = ("AUC, alike", "mAP, alike")


class Vectors(NamedTuple):
    """Vectors of a model and seed, and what they took."""

    model: str
    seed: int
    users: np.ndarray
    songs: np.ndarray
    cost: tuple[float, float]  # CPU seconds, MB


def of_ours(results: Path, models: list[str]) -> list[Vectors]:
    """Read the vectors of models of a run."""
    found = []
    for path in [path for model in models for path in sorted(results.glob(f"predictions/{model}/*[0-9].npy"))]:
        own = path.with_suffix(".users.npy")
        users = read_array(own if own.is_file() else results / "wmf/user_factors.npy")
        timed = [
            pl.read_csv(table, separator="\t", infer_schema_length=None)
            for table in results.glob(f"timings/*/{path.parent.name}/{path.stem}.tsv")
            if table.parts[-3] != "evaluate_model"
        ]
        cost = sum(one["cpu_time"][0] for one in timed), max(one["max_rss"][0] for one in timed)
        found.append(Vectors(path.parent.name, int(path.stem), users, read_array(path), cost))
    return found


def of_theirs(folder: Path, user_ids: list[str], song_ids: list[str]) -> list[Vectors]:
    """Read the vectors that `run.py` wrote for a run."""
    found = []
    for path in sorted(folder.glob("*.json")):
        record = json.loads(path.read_text())
        if "failed" in record:
            continue
        users, songs = (
            read_vectors(path.with_suffix(f".{of}s.parquet"), ids, COLUMNS, path.stem, of).vectors
            for of, ids in (("user", user_ids), ("song", song_ids))
        )
        name = "{peer}: {model}, {settings}".format(**record)
        cost = record["cpu_seconds"], record["peak_mb"]
        found.append(Vectors(name, record["seed"], zero_without(users), songs, cost))
    return found


def ranked(results: Path, theirs: Path, options: argparse.Namespace) -> tuple[dict[str, list[float]], Comparison]:
    """Score all models of a run: means of measures, CPU seconds and MB of each, and the comparison of all pairs."""
    plays, users, songs, split = (
        read_table(results / f"{path}.parquet") for path in ("plays/plays", "plays/users", "plays/songs", "split/split")
    )
    vectors = of_ours(results, options.models)
    vectors += of_theirs(theirs, users["user_id"].to_list(), songs["song_id"].to_list())
    if options.only:
        vectors = [one for one in vectors if one.model in (*options.models, *options.only)]
    trained, without, means = [], {}, defaultdict(list)
    tables = plays.select("user", "song"), split.select("song", "part"), songs.select("song", "song_id", "artist")
    pairs = find_pairs(plays, songs, split, len(users), seed=1) if options.serving else None
    for one in vectors:
        scores = score_model(*tables, one.users, one.songs, CUTOFF, [LENGTH])
        trained.append(Trained(one.model, one.seed, scores.users))
        without[one.model, one.seed] = scores.without_songs
        found = [scores.users[name].drop_nulls().drop_nans().mean() for name in SHOWN]
        means[one.model].append([*found, *(alike(pairs, one) if pairs else []), *one.cost])
    kinds = dict.fromkeys(means, "predictions")
    return (
        {model: np.mean(rows, axis=0).tolist() for model, rows in means.items()},
        compare(trained, without, kinds, {measure.key: measure for measure in (AUC, MAP)}),
    )


def alike(pairs: Pairs, one: Vectors) -> tuple[float, float]:
    """Measure AUC and mAP among alike songs; NaN if there are no such pairs."""
    found = rank_pairs(pairs, one.users, one.songs)
    number = found.pairs[:, TYPES - 1].sum()
    auc = found.won[:, TYPES - 1].sum() / number if number else np.nan
    return auc, map_within(pairs, found, CUTOFF).get((ALIKE, 0), np.nan)


def difference(comparison: Comparison, measure: str, model: str, other: str) -> tuple[float, bool]:
    """Give a model's lead over another, and whether its interval leaves out zero."""
    row = comparison.differences.filter(
        pl.col("measure") == measure, pl.col("first").is_in((model, other)), pl.col("second").is_in((model, other))
    ).row(0, named=True)
    sign = 1 if row["first"] == model else -1
    return sign * row["difference"], row["low"] is not None and (row["low"] > 0 or row["high"] < 0)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+", help="folders of runs, such as folds")
    parser.add_argument("--theirs", type=Path, required=True)
    parser.add_argument("--models", nargs="*", default=OURS, help="of the runs")
    parser.add_argument("--only", nargs="*", help="of theirs, as the table names them")
    parser.add_argument("--against", default="names_musicnn")
    parser.add_argument("--serving", action="store_true", help="also measure among songs alike in first tag and users")
    options = parser.parse_args()
    keep_compiled(options.theirs / "compiled")
    runs = [ranked(results, options.theirs / results.name, options) for results in options.results]
    names = *SHOWN.values(), *(SERVING if options.serving else ())
    table: dict[str, list[str]] = defaultdict(list)
    models = sorted(set().union(*(means for means, _ in runs)), key=lambda model: -mean_of(runs, model)[0])
    for model in models:
        values = np.array([means[model] for means, _ in runs if model in means])
        spread = np.std(values, axis=0, ddof=min(1, len(values) - 1))
        table["model"].append(model)
        table["runs"].append(str(len(values)))
        *averages, seconds, megabytes = values.mean(axis=0)
        for name, mean, error in zip(names, averages, spread[:-2], strict=True):
            table[name].append(f"{mean:.3f} ± {error:.3f}")
        table["CPU s"].append(f"{seconds:.1f}")
        table["MB"].append(f"{megabytes:.0f}")
        for measure in (AUC, MAP):
            leads = [
                difference(found, measure.key, model, options.against)
                for means, found in runs
                if model != options.against and {model, options.against} <= means.keys()
            ]
            told = f"{np.mean([lead for lead, _ in leads]):+.3f} ({sum(sure for _, sure in leads)})" if leads else "–"
            table[f"{measure.name} − {options.against}"].append(told)
    print(*pipe_table(table, 1), sep="\n")


def mean_of(runs: list[tuple[dict[str, list[float]], Comparison]], model: str) -> np.ndarray:
    """Average a model's measures over the runs that have it."""
    return np.mean([means[model] for means, _ in runs if model in means], axis=0)


if __name__ == "__main__":
    main()
