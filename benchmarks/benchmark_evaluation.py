"""Time the evaluation beside the bare matrix product, and beside scikit-learn for some of the users."""

import numpy as np
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits
from timing import compare

from coldwave.evaluation.ranking import rank_songs

USERS, SONGS, FACTORS, RELEVANT, SOME = 20_000, 1_881, 50, 20, 500

rng = np.random.default_rng(0)
users = rng.standard_normal((USERS, FACTORS), dtype=np.float32)
songs = rng.standard_normal((SONGS, FACTORS), dtype=np.float32)
relevant = np.concatenate([np.sort(rng.choice(SONGS, RELEVANT, replace=False)) for _ in range(USERS)])
starts = np.arange(USERS + 1) * RELEVANT


def scikit_learn():
    scores = users[:SOME] @ songs.T
    labels = np.zeros((SOME, SONGS), dtype=bool)
    labels[np.repeat(np.arange(SOME), RELEVANT), relevant[: SOME * RELEVANT]] = True
    return [roc_auc_score(label, score) for label, score in zip(labels, scores, strict=True)]


with threadpool_limits(1):
    compare(
        f"{USERS:,} users × {SONGS:,} songs, {FACTORS} factors, {RELEVANT} relevant songs a user, one thread",
        {
            "matrix product alone (NumPy)": lambda: users @ songs.T,
            "AP@500 and AUC (coldwave)": lambda: rank_songs(users, songs, starts, relevant, 500),
        },
    )
    compare(
        f"{SOME} of the users",
        {
            "AP@500 and AUC (coldwave)": lambda: rank_songs(
                users[:SOME], songs, starts[: SOME + 1], relevant[: SOME * RELEVANT], 500
            ),
            "AUC (scikit-learn, a user at a time)": scikit_learn,
        },
        rounds=3,
    )
    ours = rank_songs(users[:SOME], songs, starts[: SOME + 1], relevant[: SOME * RELEVANT], 500).auc
    print(f"  largest difference of AUC: {np.abs(ours - scikit_learn()).max():.1e}")
