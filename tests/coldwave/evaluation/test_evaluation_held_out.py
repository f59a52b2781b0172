"""Held-out plays and how they are ranked, against every order of tied songs and scikit-learn."""

from itertools import permutations

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from coldwave.evaluation.held_out import (
    hold_out,
    measure,
    of_training_songs,
    play_counts,
    same_scores,
    vector_scores,
)
from coldwave.plays.tables import PLAYS
from tests.coldwave.grouped import grouped_plays


def marked(pairs, shape):
    matrix = sparse.lil_matrix(shape)
    for pair in pairs:
        matrix[pair] = 1
    return matrix.tocsr()


# What is held out


@given(st.integers(0, 2**31), st.floats(0.05, 0.95))
def test_every_user_keeps_a_play_and_the_share_is_what_was_asked_for(seed, share):
    plays = grouped_plays(seed % 7, 40, 50)
    chosen = hold_out(plays, share, seed)
    users = plays["user"].to_numpy()
    assert set(users[~chosen]) == set(users)
    assert np.array_equal(chosen, hold_out(plays, share, seed))
    deviation = np.sqrt(len(users) * share * (1 - share))
    assert share * len(users) - 40 - 6 * deviation < chosen.sum() < share * len(users) + 6 * deviation


def test_users_with_one_play_keep_it_and_every_play_has_its_chance():
    plays = pl.DataFrame({"user": [0, 1, 1, 1, 2], "song": [0, 0, 1, 2, 0], "count": [1] * 5}, schema=PLAYS)
    times = np.mean([hold_out(plays, 0.5, seed) for seed in range(2000)], axis=0)
    assert times[0] == times[4] == 0
    # of three plays all are drawn once in eight times, and then one of them stays
    assert times[1:4] == pytest.approx(0.5 - 1 / 24, abs=0.05)


# How it is ranked


def brute_force(scores, known, relevant, cutoff, first):
    """The means over every order of the candidates that tie: average precision and recall; and scikit-learn's AUC.

    A user who lacks no other song is alone here, and tells nothing.
    """
    candidates = [song for song in range(len(scores)) if song not in known]
    if sorted(candidates) == sorted(relevant):
        return [np.nan] * 3
    totals, recalls = [], []
    for order in permutations(candidates):
        ranked = sorted(order, key=lambda song: -scores[song])
        hits = [place for place, song in enumerate(ranked, start=1) if song in relevant]
        precisions = [number / place for number, place in enumerate(hits, start=1) if place <= cutoff]
        totals.append(sum(precisions) / min(cutoff, len(relevant)))
        recalls.append(sum(place <= first for place in hits) / len(relevant))
    labels = [song in relevant for song in candidates]
    return np.mean(totals), roc_auc_score(labels, [scores[song] for song in candidates]), np.mean(recalls)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_measures_are_means_over_every_order_of_tied_candidates(data):
    songs = data.draw(st.integers(1, 7))
    scores = data.draw(st.lists(st.integers(-1, 1), min_size=songs, max_size=songs))
    parts = data.draw(st.lists(st.sampled_from("khc"), min_size=songs, max_size=songs))
    relevant = [song for song in range(songs) if parts[song] == "h"]
    known = [song for song in range(songs) if parts[song] == "k"]
    cutoff, first = data.draw(st.integers(1, 8)), data.draw(st.integers(1, 8))
    matrices = (marked([(0, song) for song in chosen], (1, songs)) for chosen in (known, relevant))
    found = [values[0] for values in measure(same_scores(np.array(scores)), *matrices, cutoff, first)]
    if relevant:
        assert found == pytest.approx(brute_force(scores, known, relevant, cutoff, first), abs=1e-12, nan_ok=True)
    else:
        assert np.isnan(found).all()


def test_blocks_and_threads_change_nothing():
    plays = grouped_plays(1, 70, 40)
    chosen = hold_out(plays, 0.3, 1)
    known, missing = (play_counts(plays.filter(part), 70, 40) for part in (~chosen, chosen))
    rng = np.random.default_rng(2)
    levels = [rng.integers(0, 3, (rows, 3)) for rows in (70, 40)]  # small integers, so that rounding is none
    whole = measure(vector_scores(*levels), known, missing, 10, 5)
    for users_at_once, threads in ((1, 1), (7, 3), (70, 2)):
        parts = measure(vector_scores(*levels), known, missing, 10, 5, threads, users_at_once)
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(whole, parts, strict=True))


def test_what_cannot_be_ranked_is_refused():
    one = marked([(0, 0)], (1, 2))
    with pytest.raises(ValueError, match="both known and held out"):
        measure(same_scores(np.zeros(2)), one, one, 5, 5)
    with pytest.raises(ValueError, match="not finite"):
        measure(same_scores(np.array([np.nan, 1])), marked([(0, 1)], (1, 2)), one, 5, 5)


def test_only_training_songs_are_kept_and_numbered_from_zero():
    plays = pl.DataFrame({"user": [0, 0, 1, 2], "song": [0, 2, 3, 1], "count": [1, 2, 3, 4]}, schema=PLAYS)
    kept = of_training_songs(plays, np.array([False, True, True, False]))
    assert kept.rows() == [(0, 1, 2), (2, 0, 4)]


def test_where_every_candidate_is_held_out_nothing_is_measured():
    known, missing = (marked([(0, song) for song in songs], (1, 4)) for songs in ([0, 1], [2, 3]))
    found = measure(vector_scores(np.ones((1, 2)), np.ones((4, 2))), known, missing, 10, 10)
    assert all(np.isnan(values).all() for values in found)
