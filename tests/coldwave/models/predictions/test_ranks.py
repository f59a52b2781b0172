"""Scores as inner products: the order of any scores, and measures against brute force and scikit-learn."""

from itertools import permutations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from coldwave.errors import InputError
from coldwave.evaluation.ranking import rank_songs
from coldwave.models.predictions.ranks import dense_ranks, rank_vectors


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(allow_nan=False, allow_infinity=False)), max_size=40))
def test_ranks_are_dense_by_user(rows):
    users = np.array([user for user, _ in rows], dtype=np.int64)
    values = np.array([value for _, value in rows], dtype=np.float64)
    found = dense_ranks(users, values)
    for user in range(4):
        assert found[users == user].tolist() == rankdata(values[users == user], "dense").tolist()


@pytest.mark.parametrize(("users", "songs"), [(3, 7), (7, 3), (1, 9), (9, 1)])
def test_scores_that_single_precision_cannot_tell_apart_are_ranked_as_they_are(users, songs):
    """-distance², far from 0, with ties: the inner products have the order, and the ties, of every user's scores."""
    rng = np.random.default_rng(users)
    places = rng.integers(0, 3, (songs, 2))
    distance = np.square(rng.integers(0, 3, (users, 1, 2)) - places[None]).sum(axis=2)
    scores = -1.0 - distance * 2.0**-50
    user, song = np.nonzero(rng.random((users, songs)) < 0.9)
    user_vectors, song_vectors = rank_vectors(user, song, scores[user, song], users + 1, songs + 1)
    assert user_vectors.dtype == song_vectors.dtype == np.float32
    assert np.isnan(song_vectors[songs]).all()
    found = user_vectors @ np.nan_to_num(song_vectors[:songs]).T
    known = np.zeros((users + 1, songs), bool)
    known[user, song] = True
    full = np.full((users + 1, songs), -np.inf)
    full[user, song] = scores[user, song]
    assert len(np.unique(full)) > len(np.unique(full.astype(np.float32)))
    for one in range(users + 1):
        assert rankdata(found[one], "dense").tolist() == rankdata(full[one], "dense").tolist()
    assert (found[~known] == 0).all()
    assert (found[known] > 0).all()


def brute_force(scores, unscored, relevant, cutoff):
    """AP of one user, averaged over all orders of the songs without a score, which come last; scikit-learn's AUC."""
    first = [song for song in np.argsort(-scores) if not unscored[song]]
    found = []
    for last in permutations(np.flatnonzero(unscored)):
        hits = np.isin([*first, *last], relevant)[:cutoff]
        found.append((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].sum() / min(cutoff, len(relevant)))
    return np.mean(found), roc_auc_score(np.isin(np.arange(len(scores)), relevant), scores)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_measures_of_scores_that_are_no_inner_product(seed):
    rng = np.random.default_rng(seed)
    users, songs, cutoff = int(rng.integers(1, 9)), int(rng.integers(3, 9)), 4
    scores = -np.square(rng.standard_normal((users, 1, 2)) - rng.standard_normal((1, songs, 2))).sum(axis=2)
    unscored = rng.random((users, songs)) < 0.3
    unscored[:, 0] = False  # every user and song has some score
    unscored[0] = False
    user, song = np.nonzero(~unscored)
    played = [np.sort(rng.choice(songs, rng.integers(1, songs), replace=False)) for _ in range(users)]
    starts = np.concatenate([[0], np.cumsum(list(map(len, played)))])
    vectors = rank_vectors(user, song, scores[user, song], users, songs)
    found = rank_songs(*vectors, starts, np.concatenate(played), cutoff)
    below = np.where(unscored, scores.min() - 1, scores)
    for one in range(users):
        ap, auc = brute_force(below[one], unscored[one], played[one], cutoff)
        assert found.ap[one] == pytest.approx(ap, abs=1e-12)
        assert found.auc[one] == pytest.approx(auc, abs=1e-12)


def test_what_would_take_too_much_memory_is_refused():
    users, songs = np.arange(20_000), np.arange(20_000)
    with pytest.raises(InputError, match="20,000 songs for 20,000 users are too many for a run of 20,000 users"):
        rank_vectors(users, songs, np.zeros(20_000), 20_000, 20_000)
    vectors = rank_vectors(np.zeros(20_000, np.int64), songs, np.zeros(20_000), 20_000, 20_000)  # of one user alone
    assert [one.shape for one in vectors] == [(20_000, 1)] * 2


def test_the_order_of_rows_changes_nothing():
    rng = np.random.default_rng(1)
    table = pl.DataFrame({"user": [0, 0, 0, 2, 2], "song": [0, 1, 3, 1, 0], "value": [0.5, -2.0, 0.5, 1.0, 1e300]})
    first = rank_vectors(*table.to_numpy().T[:2].astype(int), table["value"].to_numpy(), 3, 4)
    for _ in range(5):
        mixed = table.sample(fraction=1, shuffle=True, seed=int(rng.integers(1000)))
        again = rank_vectors(*mixed.to_numpy().T[:2].astype(int), mixed["value"].to_numpy(), 3, 4)
        assert all(np.array_equal(one, other, equal_nan=True) for one, other in zip(first, again, strict=True))
