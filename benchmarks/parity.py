"""Compare our measures with those of ranx and RecTools, user by user, on the same scores; say why some differ.

Both need another NumPy than the lock's, so they need an environment of their own:

    python3 -m venv peers && peers/bin/pip install --requirement benchmarks/requirements.txt
    PYTHONPATH=scripts peers/bin/python benchmarks/parity.py

scikit-learn and implicit are compared by tests/coldwave/evaluation/test_evaluation_parity.py.
"""

import sys

import numpy as np
import scipy.sparse as sparse

try:
    import pandas as pd
    from ranx import Qrels, Run, evaluate
    from rectools.metrics import MAP, MRR, NDCG, PartialAUC, Precision, Recall
except ImportError as missing:
    sys.exit(
        f"error: {missing.name} is not installed. It is not in the lock; make an environment for it:\n"
        "  python3 -m venv peers && peers/bin/pip install --requirement benchmarks/requirements.txt\n"
        "  PYTHONPATH=scripts peers/bin/python benchmarks/parity.py"
    )

from coldwave.evaluation.measures import list_measures
from coldwave.evaluation.ranking import measure, stand

USERS, SONGS, FACTORS, CUTOFF = 300, 200, 8, 10
# from each measure of a peer: our measure that is the same or close, and why it differs
REASONS = {
    "ranx AP@k": ("AP", "divides by all relevant songs, as our second column does"),
    "ranx recall@k": ("recall", "the same"),
    "ranx precision@k": ("precision", "the same"),
    "ranx nDCG@k": ("nDCG", "the same"),
    "ranx MRR": ("MRR", "the same"),
    "RecTools MAP@k": ("AP", "divides by all relevant songs, as our second column does"),
    "RecTools recall@k": ("recall", "the same"),
    "RecTools precision@k": ("precision", "the same"),
    "RecTools nDCG@k": ("nDCG", "the same, with divide_by_achievable: as it is by default, by the gain of k hits"),
    "RecTools MRR": ("MRR", "the same"),
    "RecTools pAUC@all": ("AUC", "the same over all other songs, without those missing of its k"),
}


def generated(levels: int | None) -> tuple[np.ndarray, np.ndarray, sparse.csr_matrix]:
    """Generate vectors, and 1 to 30 relevant songs a user; with ``levels``, small integers, so that many scores tie."""
    rng = np.random.default_rng(0)
    sizes = [(USERS, FACTORS), (SONGS, FACTORS)]
    users, songs = (rng.integers(0, levels, size) if levels else rng.standard_normal(size) for size in sizes)
    relevant = np.zeros((USERS, SONGS))
    for user in range(USERS):
        relevant[user, rng.choice(SONGS, rng.integers(1, 31), replace=False)] = 1
    return users.astype(np.float32), songs.astype(np.float32), sparse.csr_matrix(relevant)


def peers(scores: np.ndarray, relevant: sparse.csr_matrix) -> dict[str, np.ndarray]:
    """Compute each peer's measure of every user, in the users' order."""
    qrels = {str(u): {str(s): 1 for s in relevant[u].indices} for u in range(USERS)}
    run = {str(u): {str(s): float(scores[u, s]) for s in range(SONGS)} for u in range(USERS)}
    names = {"AP@k": "map@k", "recall@k": "recall@k", "precision@k": "precision@k", "nDCG@k": "ndcg@k", "MRR": "mrr"}
    names = {name: theirs.replace("@k", f"@{CUTOFF}") for name, theirs in names.items()}
    ranx = evaluate(Qrels(qrels), Run(run), list(names.values()), return_mean=False, make_comparable=True)
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
        "RecTools precision@k": Precision(CUTOFF),
        "RecTools nDCG@k": NDCG(CUTOFF, divide_by_achievable=True),
        "RecTools MRR": MRR(SONGS),
        "RecTools pAUC@all": PartialAUC(SONGS, insufficient_handling="ignore"),
    }
    found = {name: metric.calc_per_user(listed, played).sort_index().to_numpy() for name, metric in per_user.items()}
    # it looks at k irrelevant songs; here are fewer, and it counts the missing ones as ranked right
    wrong = (1 - found["RecTools pAUC@all"]) * SONGS / (SONGS - relevant.getnnz(axis=1))
    found["RecTools pAUC@all"] = 1 - wrong
    by_number = np.argsort(np.argsort([str(u) for u in range(USERS)]))  # ranx sorts users by their names
    return found | {f"ranx {name}": ranx[theirs][by_number] for name, theirs in names.items()}


for title, levels in (("no ties", None), ("many ties", 2)):
    users, songs, relevant = generated(levels)
    standing = stand(users, songs, relevant.indptr, relevant.indices)
    ranking = measure(standing, relevant.indptr, SONGS, CUTOFF)
    listed = list_measures(standing, relevant.indptr, [CUTOFF])
    ours = {
        "AP": ranking.ap_relevant,
        "AP, min(k, relevant)": ranking.ap,
        "AUC": ranking.auc,
        "recall": listed[f"recall_{CUTOFF}"],
        "precision": listed[f"precision_{CUTOFF}"],
        "nDCG": listed[f"ndcg_{CUTOFF}"],
        "MRR": listed["reciprocal_rank"],
    }
    found = peers(users.astype(np.float64) @ songs.T.astype(np.float64), relevant)
    print(f"{title}: {USERS} users × {SONGS} songs, k = {CUTOFF}")
    print(f"  {'measure':22} {'ours':>9} {'theirs':>9} {'largest difference':>19}  why")
    for name, (kind, reason) in REASONS.items():
        for ours_too in [kind, "AP, min(k, relevant)"] if kind == "AP" else [kind]:
            gap = np.abs(ours[ours_too] - found[name]).max()
            why = reason if ours_too == kind else "its denominator is not that of our first column"
            why += "; tied songs in the order of its sort, ours the mean over orders" if levels else ""
            print(f"  {name:22} {ours[ours_too].mean():9.5f} {found[name].mean():9.5f} {gap:19.1e}  {why}")
            if not levels and ours_too == kind and gap > 1e-6:
                sys.exit(f"error: {name} differs from ours where it should be the same")
