"""The same scores through scikit-learn and implicit: equal where they measure the same, and where not, why.

benchmarks/parity.py does the same with libraries that are no part of the lock.
"""

import numpy as np
import pytest
import scipy.sparse as sparse
from implicit.cpu.als import AlternatingLeastSquares
from implicit.evaluation import ranking_metrics_at_k
from sklearn.metrics import average_precision_score, roc_auc_score

from coldwave.evaluation.ranking import rank_songs
from coldwave.warm.evaluation import measure, vector_scores

USERS, SONGS = 80, 60


@pytest.fixture(scope="module")
def case():
    """User and song vectors without ties, and 1 to 12 relevant songs for each user but the first, CSR."""
    rng = np.random.default_rng(0)
    users, songs = (rng.standard_normal((rows, 8)).astype(np.float32) for rows in (USERS, SONGS))
    relevant = np.zeros((USERS, SONGS), dtype=np.float32)
    for user in range(1, USERS):
        odds = np.exp(0.5 * songs.astype(np.float64) @ users[user])  # songs with high scores are relevant more often
        relevant[user, rng.choice(SONGS, rng.integers(1, 13), replace=False, p=odds / odds.sum())] = 1
    return users, songs, sparse.csr_matrix(relevant)


def ours(case, cutoff):
    users, songs, relevant = case
    return rank_songs(users, songs, relevant.indptr, relevant.indices, cutoff)


def in_implicit(case):
    """A model of implicit's that scores by the same vectors."""
    users, songs, relevant = case
    model = AlternatingLeastSquares(factors=users.shape[1])
    model.user_factors, model.item_factors = users, songs
    return model, sparse.csr_matrix((USERS, SONGS), dtype=np.float32), relevant


def test_average_precision_of_the_whole_ranking_and_auc_are_scikit_learns(case):
    users, songs, relevant = case
    found = ours(case, SONGS)
    for user in range(1, USERS):
        labels, scores = relevant[user].toarray()[0], songs @ users[user]
        assert found.ap_relevant[user] == pytest.approx(average_precision_score(labels, scores), abs=1e-12)
        assert found.auc[user] == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_scikit_learn_puts_the_songs_of_a_tie_at_its_end_and_we_take_the_mean_over_their_orders():
    found = rank_songs(np.ones((1, 1)), np.ones((2, 1)), np.array([0, 1]), np.array([0]), 2)
    assert found.ap_relevant[0] == (1 + 1 / 2) / 2
    assert average_precision_score([1, 0], [1, 1]) == 1 / 2


@pytest.mark.parametrize("cutoff", [1, 5, 30, SONGS])
def test_mean_average_precision_at_k_is_implicits(case, cutoff):
    """It divides by min(k, relevant songs) as well, and leaves out the user without a relevant song."""
    theirs = ranking_metrics_at_k(*in_implicit(case), K=cutoff, show_progress=False, num_threads=1)
    assert theirs["map"] == pytest.approx(np.nanmean(ours(case, cutoff).ap), abs=1e-6)


def test_implicits_auc_at_k_is_not_the_auc(case):
    """Relevant songs below the first k are thrown in with all that was not looked at: it depends on k."""
    true = np.nanmean(ours(case, 10).auc)
    theirs = [ranking_metrics_at_k(*in_implicit(case), K=k, show_progress=False, num_threads=1)["auc"] for k in (5, 20)]
    assert abs(theirs[0] - theirs[1]) > 0.01
    assert abs(theirs[0] - true) > 0.01


@pytest.mark.parametrize("cutoff", [3, 20])
def test_both_of_our_kernels_agree(case, cutoff):
    """That of test songs, and that of held-out plays, which has candidates of each user's own."""
    users, songs, relevant = case
    nothing_known = sparse.csr_matrix((USERS, SONGS))
    one, other = ours(case, cutoff), measure(vector_scores(users, songs), nothing_known, relevant, cutoff, 5)
    assert other.ap == pytest.approx(one.ap, abs=1e-12, nan_ok=True)
    assert other.auc == pytest.approx(one.auc, abs=1e-12, nan_ok=True)


def test_recall_is_the_share_of_relevant_songs_in_the_first_k(case):
    users, songs, relevant = case
    found = measure(vector_scores(users, songs), sparse.csr_matrix((USERS, SONGS)), relevant, 10, 7)
    for user in range(1, USERS):
        first = np.argsort(-(songs @ users[user]))[:7]
        assert found.recall[user] == pytest.approx(relevant[user, first].sum() / relevant[user].nnz)
