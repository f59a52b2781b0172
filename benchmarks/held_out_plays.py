"""Rank held-out plays by the factorisation, with several settings, and by neighbours and popularity.

    python benchmarks/held_out_plays.py results/hetrec

It runs the evaluation of `coldwave.warm.evaluation` once for each of the settings. A run's tables/warm.md has the
figures for its own settings; this shows how much depends on them.
"""

import sys
from pathlib import Path

from coldwave.files import read_table
from coldwave.split.parts import TRAIN
from coldwave.warm.evaluation import evaluate_warm

SETTINGS = {
    "alpha 2, epsilon 1, lambda 1": (2.0, 1.0, 1.0),
    "alpha 2, epsilon 1e-6, lambda 1e-5": (2.0, 1e-6, 1e-5),
    "alpha 40, epsilon 1, lambda 1": (40.0, 1.0, 1.0),
}

run = Path(sys.argv[1] if len(sys.argv) > 1 else "results/hetrec")
training = (read_table(run / "split/split.parquet")["part"] == TRAIN).to_numpy()
plays, users = read_table(run / "plays/plays.parquet"), read_table(run / "plays/users.parquet").height
rows = {}
for settings, (alpha, epsilon, regularization) in SETTINGS.items():
    wmf = {"alpha": alpha, "epsilon": epsilon, "regularization": regularization}
    wmf |= {"factors": 50, "iterations": 15, "solver": "cg"}
    table = evaluate_warm(plays, training, users, wmf, 0.2, 100, 20, 500, seed=1, threads=1)
    for row in table.iter_rows(named=True):
        rows[f"WMF, {settings}" if row["system"] == "WMF" else row["system"]] = row
print(f"{row['users']:,} users, {row['held_out']:,} plays held out of {row['plays']:,}, {row['songs']:,} songs")
for name, row in rows.items():
    print(f"  {name:42} AUC {row['auc']:.4f}  mAP@500 {row['map_500']:.4f}  recall@20 {row['recall_20']:.4f}")
