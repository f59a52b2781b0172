"""Measures of the first songs: against scikit-learn, a plain sort, and every order of tied songs."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, roc_auc_score

from coldwave.evaluation.measures import list_measures, pair_shares
from coldwave.evaluation.ranking import rank_songs, stand


def standing_of(users, songs, relevant, **more):
    starts = np.cumsum([0] + [len(hits) for hits in relevant])
    flat = np.array([song for hits in relevant for song in hits], dtype=np.int64)
    return stand(np.asarray(users, float), np.asarray(songs, float), starts, flat, **more), starts


def measures_of(scores, relevant, lengths):
    standing, starts = standing_of([[1.0]], np.asarray(scores, float)[:, None], [relevant])
    return {name: values[0] for name, values in list_measures(standing, starts, lengths).items()}


def random_case(seed, users, songs, levels=None):
    rng = np.random.default_rng(seed)
    vectors = [rng.integers(0, levels, (rows, 5)) if levels else rng.normal(size=(rows, 5)) for rows in (users, songs)]
    return *vectors, [rng.choice(songs, rng.integers(1, 9), replace=False) for _ in range(users)]


def plain(order, relevant, length):
    """Precision, recall, nDCG and reciprocal rank of one given order of the songs."""
    hits = [song in relevant for song in order]
    gain = sum(hit / np.log2(place + 2) for place, hit in enumerate(hits[:length]))
    ideal = sum(1 / np.log2(place + 2) for place in range(min(length, len(relevant))))
    return sum(hits[:length]) / length, sum(hits[:length]) / len(relevant), gain / ideal, 1 / (hits.index(True) + 1)


@pytest.mark.parametrize("levels", [None, 2, 4])
@pytest.mark.parametrize("length", [1, 10, 40])
def test_ndcg_equals_scikit_learn_ties_and_all(levels, length):
    users, songs, relevant = random_case(1, 50, 40, levels)
    standing, starts = standing_of(users, songs, relevant)
    found = list_measures(standing, starts, [length])[f"ndcg_{length}"]
    truth = np.array([np.isin(np.arange(40), hits) for hits in relevant])
    scores = users.astype(float) @ songs.T.astype(float)
    for user in range(50):
        wanted = ndcg_score(truth[user : user + 1], scores[user : user + 1], k=length)
        assert found[user] == pytest.approx(wanted, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=6), st.integers(1, 8), st.data())
def test_every_measure_is_the_mean_over_every_order_of_tied_songs(scores, length, data):
    relevant = data.draw(st.sets(st.integers(0, len(scores) - 1), min_size=1))
    found = measures_of(scores, sorted(relevant), [length])
    orders = [sorted(order, key=lambda song: -scores[song]) for order in permutations(range(len(scores)))]
    wanted = np.mean([plain(order, relevant, length) for order in orders], axis=0)
    names = [f"precision_{length}", f"recall_{length}", f"ndcg_{length}", "reciprocal_rank"]
    assert [found[name] for name in names] == pytest.approx(wanted.tolist(), abs=1e-12)


def test_by_hand():
    found = measures_of([5, 4, 3, 2, 1], [1, 4], [2, 10])
    assert found["precision_2"] == found["recall_2"] == found["reciprocal_rank"] == 1 / 2
    assert found["precision_10"] == 2 / 10  # a list as long as there are songs has no more hits
    assert found["recall_10"] == 1
    assert found["ndcg_2"] == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))


def test_songs_without_a_prediction_come_last_in_expectation_too():
    found = measures_of([3.0, np.nan, np.nan], [1], [2])
    assert found["reciprocal_rank"] == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert found["recall_2"] == 1 / 2


def test_the_reciprocal_rank_of_one_among_many_that_tie_is_a_harmonic_mean():
    found = measures_of(np.zeros(2000), [7], [10])["reciprocal_rank"]
    assert found == pytest.approx(sum(1 / place for place in range(1, 2001)) / 2000, rel=1e-12)


def test_users_without_a_relevant_song_have_no_measure():
    standing, starts = standing_of(np.ones((3, 1)), [[1.0], [2.0]], [[], [0], []])
    for values in list_measures(standing, starts, [1]).values():
        assert np.isnan(values).tolist() == [True, False, True]
    nobody, starts = standing_of(np.ones((2, 1)), [[1.0], [2.0]], [[], []])
    assert all(np.isnan(values).all() for values in list_measures(nobody, starts, [1]).values())
    with pytest.raises(ValueError, match="start at 1"):
        list_measures(standing, np.array([0, 0, 1, 1]), [0])


@pytest.mark.parametrize("levels", [None, 2])
def test_shares_of_pairs_are_the_auc_of_each_song_alone_and_their_mean_the_users(levels):
    users, songs, relevant = random_case(2, 30, 25, levels)
    standing, starts = standing_of(users, songs, relevant)
    shares = pair_shares(standing, starts, 25)
    auc = rank_songs(users, songs, starts, np.concatenate(relevant), 500).auc
    scores = users.astype(float) @ songs.T.astype(float)
    for user, hits in enumerate(relevant):
        own = shares[starts[user] : starts[user + 1]]
        for song, share in zip(hits, own, strict=True):
            kept = ~np.isin(np.arange(25), np.setdiff1d(hits, song))  # without the other relevant songs
            assert share == pytest.approx(roc_auc_score(np.arange(25)[kept] == song, scores[user, kept]), abs=1e-12)
        assert own.mean() == pytest.approx(auc[user], abs=1e-12)


def test_no_share_where_every_candidate_is_relevant():
    standing, starts = standing_of([[1.0], [1.0]], [[1.0], [2.0]], [[0, 1], [1]])
    np.testing.assert_array_equal(pair_shares(standing, starts, 2), [np.nan, np.nan, 1])
