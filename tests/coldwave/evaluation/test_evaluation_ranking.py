"""AP and AUC: against scikit-learn, a plain sort, and every order of tied songs."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from coldwave.evaluation.ranking import Ranking, missing_songs, rank_songs, stand
from coldwave.evaluation.scoring import distinct_vectors, map_scores


def lists_to_rows(relevant):
    """Lists of songs by user, as starts and songs."""
    starts = np.cumsum([0] + [len(songs) for songs in relevant])
    return starts, np.array([song for songs in relevant for song in songs], dtype=np.int64)


def rank(users, songs, relevant, cutoff=500, **settings):
    return rank_songs(np.asarray(users), np.asarray(songs), *lists_to_rows(relevant), cutoff, **settings)


def rank_scores(scores, relevant, cutoff=500):
    """One user, one factor: the song vectors are the scores themselves."""
    ranking = rank([[1.0]], np.asarray(scores, dtype=float)[:, None], [relevant], cutoff)
    return Ranking(*(values[0] for values in ranking))


def plain_precisions(order, relevant, cutoff):
    """Sum of the precisions at hits, of one given order of the songs."""
    hits, total = 0, 0.0
    for place, song in enumerate(order[:cutoff], start=1):
        if song in relevant:
            hits += 1
            total += hits / place
    return total


def random_case(seed, users, songs, factors=6, levels=None, at_most=8):
    """Vectors and relevant songs; with ``levels``, entries are small integers, so that many scores tie."""
    rng = np.random.default_rng(seed)
    if levels:
        vectors = [rng.integers(0, levels, (rows, factors)).astype(np.float32) for rows in (users, songs)]
    else:
        vectors = [rng.normal(size=(rows, factors)).astype(np.float32) for rows in (users, songs)]
    relevant = [rng.choice(songs, rng.integers(1, at_most + 1), replace=False) for _ in range(users)]
    return *vectors, relevant


@pytest.mark.parametrize("levels", [None, 2, 4])
def test_auc_equals_scikit_learn_for_every_user(levels):
    users, songs, relevant = random_case(1, 60, 40, levels=levels)
    found = rank(users, songs, relevant).auc
    scores = users.astype(float) @ songs.T.astype(float)
    for user, hits in enumerate(relevant):
        assert found[user] == pytest.approx(roc_auc_score(np.isin(np.arange(40), hits), scores[user]), abs=1e-12)


@pytest.mark.parametrize("cutoff", [1, 3, 10, 40, 1000])
def test_ap_equals_a_plain_sort_where_nothing_ties(cutoff):
    users, songs, relevant = random_case(2, 50, 40)
    found = rank(users, songs, relevant, cutoff)
    scores = users.astype(float) @ songs.T.astype(float)
    for user, hits in enumerate(relevant):
        total = plain_precisions(np.argsort(-scores[user]).tolist(), set(hits.tolist()), cutoff)
        assert found.ap[user] == pytest.approx(total / min(cutoff, len(hits)), abs=1e-12)
        assert found.ap_relevant[user] == pytest.approx(total / len(hits), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=6), st.integers(1, 7), st.data())
def test_ap_is_the_mean_over_every_order_of_tied_songs(scores, cutoff, data):
    relevant = data.draw(st.sets(st.integers(0, len(scores) - 1), min_size=1))
    totals = [
        plain_precisions(sorted(order, key=lambda song: -scores[song]), relevant, cutoff)
        for order in permutations(range(len(scores)))
    ]
    found = rank_scores(scores, sorted(relevant), cutoff)
    assert found.ap == pytest.approx(np.mean(totals) / min(cutoff, len(relevant)), abs=1e-12)
    assert found.ap_relevant == pytest.approx(np.mean(totals) / len(relevant), abs=1e-12)


def test_by_hand():
    found = rank_scores([5, 4, 3, 2, 1], [0, 2], cutoff=500)
    assert found.ap == found.ap_relevant == (1 + 2 / 3) / 2
    assert found.auc == 5 / 6
    found = rank_scores([5, 4, 3, 2, 1], [0, 2, 4], cutoff=2)
    assert found.ap == 1 / 2
    assert found.ap_relevant == 1 / 3


def test_best_and_worst():
    best = rank_scores(np.arange(100.0), [99, 98, 97])
    assert (best.ap, best.ap_relevant, best.auc) == (1, 1, 1)
    worst = rank_scores(np.arange(100.0), [0, 1, 2], cutoff=50)
    assert (worst.ap, worst.ap_relevant, worst.auc) == (0, 0, 0)


def test_one_vector_for_every_song_gives_an_auc_of_one_half_exactly():
    rng = np.random.default_rng(3)
    songs = np.tile(rng.normal(size=50).astype(np.float32), (301, 1))
    users = rng.normal(size=(200, 50)).astype(np.float32)
    relevant = [rng.choice(301, 1 + user % 9, replace=False) for user in range(200)]
    assert (rank(users, songs, relevant).auc == 0.5).all()


def test_songs_with_the_same_vector_tie_whatever_stands_between_them():
    rng = np.random.default_rng(4)
    different = rng.normal(size=(37, 23)).astype(np.float32)
    songs = np.repeat(different, 3, axis=0)[rng.permutation(111)]
    users = rng.normal(size=(50, 23)).astype(np.float32)
    twins = [np.flatnonzero((songs == songs[0]).all(axis=1))] * 50
    found = rank(users, songs, twins)
    scores = users @ different.T
    own = np.flatnonzero((different == songs[0]).all(axis=1))[0]
    for user in range(50):
        above = 3 * (scores[user] > scores[user, own]).sum()
        assert found.ap_relevant[user] == pytest.approx(sum((i + 1) / (above + i + 1) for i in range(3)) / 3)


def test_minus_zero_is_zero():
    assert rank([[1.0, 1.0]], [[0.0, 1.0], [-0.0, 1.0]], [[0]]).auc[0] == 0.5


def test_missing_predictions_rank_last_and_tie():
    scores = [3.0, np.nan, -1e30, np.nan]
    assert rank_scores(scores, [2]).ap == 1 / 2
    one = rank_scores(scores, [1])
    assert one.auc == (0 + 0 + 1 / 2) / 3
    assert one.ap == pytest.approx((1 / 3 + 1 / 4) / 2)
    both = rank_scores(scores, [1, 3])
    assert both.auc == 0
    assert both.ap == pytest.approx((1 / 3 + 2 / 4) / 2)


def test_no_prediction_at_all_is_a_tie_of_everything():
    found = rank([[1.0, 2.0]], np.full((5, 2), np.nan), [[1, 3]])
    assert found.auc[0] == 0.5
    assert np.isfinite(found.ap[0])


def test_missing_songs():
    assert missing_songs(np.array([[1.0, 2], [np.nan, np.nan]])).tolist() == [False, True]
    for broken in ([1.0, np.nan], [np.inf, 1.0], [np.inf, np.nan]):
        with pytest.raises(ValueError, match="1 song vectors"):
            missing_songs(np.array([[0.0, 0.0], broken]))


def test_the_score_is_the_inner_product_and_not_the_cosine():
    songs = [[10.0, 10.0], [1.0, 0.0]]  # the second points where the user does, the first is longer
    assert rank([[1.0, 0.0]], songs, [[0]]).ap[0] == 1
    assert rank([[1.0, 0.0]], songs, [[1]]).ap[0] == 0.5


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([None, 3]))
def test_the_order_of_the_songs_does_not_matter(seed, levels):
    users, songs, relevant = random_case(seed, 7, 30, levels=levels)
    songs[[3, 8]] = np.nan
    order = np.random.default_rng(seed).permutation(30)
    place = np.argsort(order)
    moved = rank(users, songs[order], [place[hits][::-1] for hits in relevant], cutoff=9)
    for one, other in zip(rank(users, songs, relevant, cutoff=9), moved, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("users_at_once", [1, 2, 7, 1000])
def test_the_size_of_a_chunk_does_not_matter(users_at_once):
    users, songs, relevant = random_case(5, 40, 60, levels=5)
    for one, other in zip(
        rank(users, songs, relevant), rank(users, songs, relevant, users_at_once=users_at_once), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_the_number_of_threads_changes_no_bit():
    users, songs, relevant = random_case(6, 700, 90)
    for one, other in zip(rank(users, songs, relevant), rank(users, songs, relevant, threads=3), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("songs", [4095, 4096, 9001])
@pytest.mark.parametrize("levels", [None, 40])
def test_counts_equal_a_plain_comparison_of_all_scores(songs, levels):
    users, vectors, relevant = random_case(7, 30, songs, factors=3, levels=levels)
    vectors[5] = np.nan
    relevant[0] = np.array([5, 6])
    starts, rows = lists_to_rows(relevant)
    found = stand(users, vectors, starts, rows, threads=2)
    scores = np.where(np.isnan(vectors[:, 0]), -np.inf, users @ np.nan_to_num(vectors).T)
    own = np.repeat(scores, np.diff(starts), axis=0)
    value = own[np.arange(len(rows)), rows][:, None]
    np.testing.assert_array_equal(found.above, (own > value).sum(axis=1))
    np.testing.assert_array_equal(found.tied, (own == value).sum(axis=1))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 30), st.integers(1, 6), st.sampled_from([2, 5, 10**6]), st.integers(0, 10**6))
def test_distinct_vectors_are_those_of_numpy(songs, factors, levels, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-levels, levels, (songs, factors)).astype(np.float32) * rng.choice([-1.0, 0.0, 1.0])
    missing = rng.random(songs) < 0.2
    vectors[missing] = np.nan
    rows, group, weight = distinct_vectors(vectors, missing)
    unique, inverse, counts = np.unique(vectors[~missing] + 0.0, axis=0, return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(rows, unique)
    np.testing.assert_array_equal(group[~missing], inverse.reshape(-1))
    np.testing.assert_array_equal(weight, counts)
    assert (group[missing] == -1).all() and weight.dtype == np.int32


def test_each_chunk_has_its_own_scores_whatever_the_threads():
    users, songs, _ = random_case(8, 1000, 50)
    kept = np.concatenate(list(map_scores(lambda scores, _: scores.copy(), np.arange(1000), users, songs, 3, 7)))
    alone = [users[begin : begin + 7] @ np.ascontiguousarray(songs.T) for begin in range(0, 1000, 7)]
    np.testing.assert_array_equal(kept, np.concatenate(alone))


def test_users_without_a_relevant_song_or_without_another_song():
    found = rank(np.ones((3, 1)), [[2.0], [1.0]], [[], [0, 1], [0]])
    np.testing.assert_array_equal(found.ap, [np.nan, 1, 1])
    np.testing.assert_array_equal(found.auc, [np.nan, np.nan, 1])


def test_vectors_that_cannot_be_ranked():
    for users in ([[np.nan]], [[np.inf]]):
        with pytest.raises(ValueError, match="1 user vectors are not finite"):
            rank(users, [[1.0], [2.0]], [[0]])
    with pytest.raises(ValueError, match="overflow"):
        rank([[1e30]], [[1e30], [2.0]], [[0]])


@pytest.mark.parametrize(
    ("users", "songs", "starts", "relevant", "cutoff", "message"),
    [
        ((2, 3), (4, 2), [0, 1, 2], [0, 1], 5, "not \\[users, k\\]"),
        ((2, 3), (4, 3), [0, 1], [0], 5, "starts"),
        ((2, 3), (4, 3), [0, 2, 1], [0], 5, "starts"),
        ((2, 3), (4, 3), [0, 1, 2], [0, 4], 5, "4 candidates"),
        ((2, 3), (4, 3), [0, 1, 2], [-1, 3], 5, "4 candidates"),
        ((2, 3), (4, 3), [0, 1, 2], [0, 3], 0, "cutoff"),
    ],
)
def test_shapes_and_indices_are_checked(users, songs, starts, relevant, cutoff, message):
    with pytest.raises(ValueError, match=message):
        rank_songs(np.zeros(users), np.zeros(songs), np.array(starts), np.array(relevant), cutoff)
