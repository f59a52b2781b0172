"""Our measures beside those of ranx and RecTools, user by user, on the same scores; and why some differ.

They are not in the lock, as they need another NumPy, so they go into an environment of their own:

    python3 -m venv peers && peers/bin/pip install --requirement benchmarks/requirements.txt
    PYTHONPATH=scripts peers/bin/python benchmarks/parity.py

scikit-learn and implicit are compared by tests/coldwave/test_parity.py.
"""

import sys

import numpy as np
import scipy.sparse as sparse

try:
    import pandas as pd
    from ranx import Qrels, Run, evaluate
    from rectools.metrics import MAP, PartialAUC, Recall
except ImportError as missing:
    sys.exit(
        f"error: {missing.name} is not installed. It is no part of the lock; make an environment for it:\n"
        "  python3 -m venv peers && peers/bin/pip install --requirement benchmarks/requirements.txt\n"
        "  PYTHONPATH=scripts peers/bin/python benchmarks/parity.py"
    )

from coldwave.evaluation.ranking import rank_songs
from coldwave.warm import measure, vector_scores

USERS, SONGS, FACTORS, CUTOFF = 300, 200, 8, 10
REASONS = {
    "ranx AP@k": "divides by all relevant songs, as our second column does",
    "ranx recall@k": "the same",
    "RecTools MAP@k": "divides by all relevant songs, as our second column does",
    "RecTools recall@k": "the same",
    "RecTools pAUC@all": "the same over every other song, once those that it lacks of its k are taken off",
}


def generated(levels: int | None) -> tuple[np.ndarray, np.ndarray, sparse.csr_matrix]:
    """Vectors, and 1 to 30 relevant songs a user; with ``levels``, small integers, so that many scores tie."""
    rng = np.random.default_rng(0)
    sizes = [(USERS, FACTORS), (SONGS, FACTORS)]
    users, songs = (rng.integers(0, levels, size) if levels else rng.standard_normal(size) for size in sizes)
    relevant = np.zeros((USERS, SONGS))
    for user in range(USERS):
        relevant[user, rng.choice(SONGS, rng.integers(1, 31), replace=False)] = 1
    return users.astype(np.float32), songs.astype(np.float32), sparse.csr_matrix(relevant)


def peers(scores: np.ndarray, relevant: sparse.csr_matrix) -> dict[str, np.ndarray]:
    """Each peer's measure of every user, in the users' order."""
    qrels = {str(u): {str(s): 1 for s in relevant[u].indices} for u in range(USERS)}
    run = {str(u): {str(s): float(scores[u, s]) for s in range(SONGS)} for u in range(USERS)}
    ranx = evaluate(
        Qrels(qrels), Run(run), [f"map@{CUTOFF}", f"recall@{CUTOFF}"], return_mean=False, make_comparable=True
    )
    order = np.argsort(-scores, axis=1, kind="stable")
    listed = pd.DataFrame(
        {
            "user_id": np.repeat(np.arange(USERS), SONGS),
            "item_id": order.ravel(),
            "rank": np.tile(np.arange(1, SONGS + 1), USERS),
        }
    )
    played = pd.DataFrame(dict(zip(("user_id", "item_id"), relevant.nonzero(), strict=True)))
    per_user = {
        "RecTools MAP@k": MAP(CUTOFF),
        "RecTools recall@k": Recall(CUTOFF),
        "RecTools pAUC@all": PartialAUC(SONGS, insufficient_handling="ignore"),
    }
    found = {name: metric.calc_per_user(listed, played).sort_index().to_numpy() for name, metric in per_user.items()}
    # it looks at k irrelevant songs, of which there are fewer here, and takes those that it lacks for ranked right
    wrong = (1 - found["RecTools pAUC@all"]) * SONGS / (SONGS - relevant.getnnz(axis=1))
    found["RecTools pAUC@all"] = 1 - wrong
    by_number = np.argsort(np.argsort([str(u) for u in range(USERS)]))  # ranx sorts users by their names
    found |= {"ranx AP@k": ranx[f"map@{CUTOFF}"][by_number], "ranx recall@k": ranx[f"recall@{CUTOFF}"][by_number]}
    return found


for title, levels in (("no ties", None), ("many ties", 2)):
    users, songs, relevant = generated(levels)
    ranking = rank_songs(users, songs, relevant.indptr, relevant.indices, CUTOFF)
    recall = measure(vector_scores(users, songs), sparse.csr_matrix((USERS, SONGS)), relevant, CUTOFF, CUTOFF).recall
    found = peers(users.astype(np.float64) @ songs.T.astype(np.float64), relevant)
    ours = {"AP": ranking.ap_relevant, "recall": recall, "AUC": ranking.auc, "AP, min(k, relevant)": ranking.ap}
    print(f"{title}: {USERS} users × {SONGS} songs, k = {CUTOFF}")
    print(f"  {'measure':22} {'ours':>9} {'theirs':>9} {'largest difference':>19}  why")
    for name, reason in REASONS.items():
        kinds = ["recall"] if "recall" in name else ["AUC"] if "AUC" in name else ["AP", "AP, min(k, relevant)"]
        for kind in kinds:
            gap = np.abs(ours[kind] - found[name]).max()
            why = reason if kind != "AP, min(k, relevant)" else "another denominator than our first column's"
            why += "; tied songs in the order of its sort, ours the mean over orders" if levels else ""
            print(f"  {name:22} {ours[kind].mean():9.5f} {found[name].mean():9.5f} {gap:19.1e}  {why}")
            if not levels and kind != "AP, min(k, relevant)" and gap > 1e-6:
                sys.exit(f"error: {name} differs from ours where it should be the same")
