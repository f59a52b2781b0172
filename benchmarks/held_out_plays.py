"""How well the factorisation ranks plays that it has not seen, beside implicit's neighbours and popularity.

    python benchmarks/held_out_plays.py results/hetrec

One play in five of the training songs is held out. Each user's other songs are left out of the user's ranking.
Plays of songs that nobody else has played cannot be found by anything and stay in the mean.
"""

import sys
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from implicit.nearest_neighbours import BM25Recommender

from coldwave.confidence import confidence_matrix
from coldwave.files import read_table
from coldwave.wmf import factorise

SEED, SHARE, CUTOFF = 1, 0.2, 500
SETTINGS = {
    "alpha 2, epsilon 1, lambda 1": (2.0, 1.0, 1.0),
    "alpha 2, epsilon 1e-6, lambda 1e-5": (2.0, 1e-6, 1e-5),
    "alpha 40, epsilon 1, lambda 1": (40.0, 1.0, 1.0),
}


def ranked(scores: np.ndarray, known: np.ndarray, held_out: np.ndarray) -> tuple[float, float]:
    """AUC and AP@500 of one user, by sorting; ties in the order of a fixed random permutation."""
    candidates = PERMUTATION[~known[PERMUTATION]]
    order = candidates[np.argsort(-scores[candidates], kind="stable")]
    hits = held_out[order]
    positives, negatives = hits.sum(), len(hits) - hits.sum()
    ranks = np.flatnonzero(hits)
    auc = 1 - (ranks - np.arange(positives)).sum() / (positives * negatives)
    first = ranks[ranks < CUTOFF]
    return auc, float(np.sum((np.arange(len(first)) + 1) / (first + 1)) / min(CUTOFF, positives))


run = Path(sys.argv[1] if len(sys.argv) > 1 else "results/hetrec")
part = read_table(run / "split/split.parquet")["part"].to_numpy()
plays = read_table(run / "plays/plays.parquet")
plays = plays.filter((part == "train")[plays["song"].to_numpy()])
users, songs = read_table(run / "plays/users.parquet").height, len(part)
rng = np.random.default_rng(SEED)
PERMUTATION = rng.permutation(np.flatnonzero(part == "train"))
out = rng.random(plays.height) < SHARE
seen = plays.filter(~out)
shape = (users, songs)
known = sparse.csr_matrix((np.ones(seen.height, bool), (seen["user"], seen["song"])), shape=shape).toarray()
missing = plays.filter(out)
held_out = sparse.csr_matrix((np.ones(missing.height, bool), (missing["user"], missing["song"])), shape=shape).toarray()

models = {"popularity": np.tile(known.sum(axis=0), (users, 1)).astype(float)}
counts = sparse.csr_matrix((seen["count"].to_numpy().astype(float), (seen["user"], seen["song"])), shape=shape)
neighbours = BM25Recommender(K=50, num_threads=1)
neighbours.fit(counts.tocsr(), show_progress=False)
models["item-item BM25 (implicit)"] = (counts @ neighbours.similarity).toarray()
for name, (alpha, epsilon, regularization) in SETTINGS.items():
    matrix = confidence_matrix(seen, users, songs, alpha, epsilon)
    x, y = factorise(matrix, 50, regularization, 15, seed=SEED)
    models[f"WMF, {name}"] = x @ y.T
tested = [user for user in range(users) if held_out[user].any()]
print(
    f"{len(tested):,} users, {missing.height:,} plays held out of {plays.height:,}, {(part == 'train').sum():,} songs"
)
for name, scores in models.items():
    auc, ap = np.mean([ranked(scores[user], known[user], held_out[user]) for user in tested], axis=0)
    print(f"  {name:42} AUC {auc:.4f}  mAP@500 {ap:.4f}")
