"""Mistakes found in public re-implementations of the paper, and the tests that would catch each of them here."""

import ast
import tracemalloc
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from coldwave.evaluation.scores import score_model

TESTS = Path(__file__).parent

CAUGHT_BY = {
    "plays are split instead of songs, so that songs called new have plays in training": [
        "pipeline/test_whole_run.py::test_the_factorisation_was_fitted_to_training_songs_plays_alone",
        "pipeline/test_whole_run.py::test_each_song_is_in_one_part_of_the_sizes_asked_for",
        "pipeline/test_nothing_leaks.py::test_no_test_song_reaches",
        "coldwave/wmf/test_wmf.py::test_other_songs_plays_do_not_reach_the_user_factors",
    ],
    "factors, codebook, components or scales are learnt from all songs": [
        "pipeline/test_nothing_leaks.py::test_no_test_song_reaches",
        "pipeline/test_nothing_leaks.py::test_no_validation_song_reaches",
        "pipeline/test_whole_run.py::test_features_are_the_centred_frequencies_on_the_components",
        "coldwave/bow/test_bow_codebook.py::test_only_training_songs_are_sampled",
        "coldwave/models/cnn/test_cnn_training.py::test_it_looks_at_no_test_song_and_learns_from_no_validation_target",
        "coldwave/models/mlp/test_mlp.py::test_it_looks_at_no_test_song_and_learns_from_no_validation_target",
        "coldwave/models/test_linear.py::test_other_songs_do_not_reach_the_weights",
    ],
    "raw counts are taken for confidences, or counts are made binary before the logarithm": [
        "coldwave/wmf/test_wmf.py::test_confidence_is_logarithmic_and_keeps_the_counts",
        "pipeline/test_whole_run.py::test_the_factorisation_was_fitted_to_training_songs_plays_alone",
    ],
    "a dense array of users and songs is made": [
        "coldwave/wmf/test_wmf.py::test_no_dense_array_of_users_and_songs",
        "test_known_mistakes.py::test_the_evaluation_makes_no_dense_array_of_users_and_songs",
    ],
    "the mean squared error is sampled once a play, which weights songs by their popularity": [
        "coldwave/models/cnn/test_cnn_windows.py::test_every_song_once_an_epoch_shared_out_over_the_processes",
        "coldwave/models/mlp/test_mlp.py::test_each_song_once_an_epoch_in_another_order",
    ],
    "a song is predicted from one window at random": [
        "coldwave/models/cnn/test_cnn_windows.py::test_a_song_is_predicted_as_the_mean_over_its_windows",
    ],
    "a cosine, or predictions of unit length, stand in for the inner product": [
        "coldwave/evaluation/test_evaluation_ranking.py::test_the_score_is_the_inner_product_and_not_the_cosine",
        "pipeline/test_whole_run.py::test_scores_of_every_user_equal_plain_arithmetic",
    ],
    "users without a hit, after the first thousand or with an error are left out of the mean": [
        "coldwave/evaluation/test_evaluation_scores.py::test_only_test_songs_count_and_hits_or_not_every_user_is_in",
        "coldwave/evaluation/test_evaluation_scores.py::test_every_user_is_scored_and_the_order_of_plays_does_not_matter",
        "coldwave/evaluation/test_evaluation_scores.py::test_what_cannot_be_evaluated",
        "coldwave/evaluation/test_evaluation_recommendation.py::"
        "test_means_are_over_users_then_seeds_and_users_without_a_hit_are_in_them",
        "pipeline/test_whole_run.py::test_the_table_is_the_mean_over_every_user_with_a_test_play",
    ],
    "songs that the library has not seen in training are dropped without a word": [
        "test_known_mistakes.py::test_a_test_song_that_nobody_has_played_is_a_candidate_all_the_same",
        "coldwave/evaluation/test_evaluation_scores.py::test_missing_predictions_are_counted_among_test_songs",
        "coldwave/wmf/test_wmf.py::test_a_song_without_plays_folds_in_as_zeros",
        "pipeline/test_nothing_leaks.py::test_bad_audio_is_told_and_the_run_goes_on",
    ],
}


@pytest.mark.parametrize("mistake", CAUGHT_BY)
def test_the_tests_against_it_are_there(mistake):
    for test in CAUGHT_BY[mistake]:
        file, _, name = test.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test


def evaluated(pairs, parts, users, songs):
    plays = pl.DataFrame(pairs, schema={"user": pl.UInt32, "song": pl.UInt32}, orient="row")
    split = pl.DataFrame({"song": range(len(parts)), "part": parts}, schema={"song": pl.UInt32, "part": pl.String})
    ids = [f"S{song}" for song in range(len(parts))]
    named = pl.DataFrame({"song": range(len(parts)), "song_id": ids, "artist": "Ann"})
    return score_model(plays, split, named, users, songs, cutoff=500, list_lengths=[10]).users


def test_a_test_song_that_nobody_has_played_is_a_candidate_all_the_same():
    users, songs = np.ones((1, 1)), np.array([[1.0], [9], [2], [3]])
    scores = evaluated([(0, 2)], ["train", "train", "test", "test"], users, songs)
    assert scores["songs"].to_list() == [2]
    assert scores["ap"].to_list() == [1 / 2]  # song 3 is ranked above it
    assert scores["auc"].to_list() == [0]


def test_the_evaluation_makes_no_dense_array_of_users_and_songs():
    users, songs = 20_000, 10_000  # 800 MB of scores in single precision
    rng = np.random.default_rng(0)
    vectors = [rng.standard_normal((number, 2)).astype(np.float32) for number in (users, songs)]
    pairs = np.stack([np.arange(users), rng.integers(0, songs, users)], axis=1).astype(np.uint32)
    tracemalloc.start()
    try:
        scores = evaluated(pairs, ["test"] * songs, *vectors)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert scores.height == users
    assert peak < 80e6
