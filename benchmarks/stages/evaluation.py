"""The evaluation beside the bare matrix product, and beside scikit-learn for some of the users."""

import numpy as np
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits
from timing import Row, compare

from coldwave.evaluation.ranking import rank_songs

USERS, SONGS, FACTORS, RELEVANT, SOME = 20_000, 8_000, 100, 20, 500


def _made_up() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Users' and songs' factors, and each user's relevant songs: where they start, and which."""
    rng = np.random.default_rng(0)
    users = rng.standard_normal((USERS, FACTORS), dtype=np.float32)
    songs = rng.standard_normal((SONGS, FACTORS), dtype=np.float32)
    relevant = np.concatenate([np.sort(rng.choice(SONGS, RELEVANT, replace=False)) for _ in range(USERS)])
    return users, songs, np.arange(USERS + 1) * RELEVANT, relevant


def _beside_the_product() -> Row:
    users, songs, starts, relevant = _made_up()
    with threadpool_limits(1):
        return compare(
            f"evaluation: AP@500 and AUC, {USERS:,} users × {SONGS:,} songs × {FACTORS} factors, one thread",
            {
                "coldwave": lambda: rank_songs(users, songs, starts, relevant, 500),
                "matrix product alone (NumPy)": lambda: users @ songs.T,
            },
            aims={"matrix product alone (NumPy)": 1.3},
        )


def _beside_scikit_learn() -> Row:
    users, songs, starts, relevant = _made_up()

    def scikit_learn() -> list[float]:
        scores = users[:SOME] @ songs.T
        labels = np.zeros((SOME, SONGS), dtype=bool)
        labels[np.repeat(np.arange(SOME), RELEVANT), relevant[: SOME * RELEVANT]] = True
        return [roc_auc_score(label, score) for label, score in zip(labels, scores, strict=True)]

    def ours() -> np.ndarray:
        return rank_songs(users[:SOME], songs, starts[: SOME + 1], relevant[: SOME * RELEVANT], 500).auc

    difference = np.abs(ours() - scikit_learn()).max()
    assert difference < 1e-6, difference
    return compare(
        f"evaluation of {SOME} of these users", {"coldwave": ours, "AUC (scikit-learn)": scikit_learn}, rounds=3
    )


ROWS = {"product": _beside_the_product, "scikit-learn": _beside_scikit_learn}
