"""Songs left out in turn: against rankings of the songs that are left. Samples: against a jackknife by hand."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.evaluation.drawn_together import drawn_together
from coldwave.evaluation.ranking import rank_songs
from coldwave.evaluation.resampling import draw_times, leave_songs_out, resampled_measures
from coldwave.evaluation.song_covariance import left_together, song_covariance


def make_case(seed, users, songs, factors=3, levels=None, missing=0, share=0.2):
    """Vectors and relevant songs; with ``levels``, entries are small integers, so that many scores tie."""
    rng = np.random.default_rng(seed)
    vectors = [
        (rng.integers(0, levels, (rows, factors)) if levels else rng.normal(size=(rows, factors))).astype(np.float32)
        for rows in (users, songs)
    ]
    vectors[1][rng.choice(songs, missing, replace=False)] = np.nan
    played = rng.random((users, songs)) < share
    return *vectors, np.concatenate([[0], np.cumsum(played.sum(axis=1))]), np.nonzero(played)[1]


def ranked_without(users, songs, starts, relevant, cutoff, left_out):
    """AUC and AP of each user, of a ranking of all songs but some."""
    kept = np.setdiff1d(np.arange(len(songs)), left_out)
    hits = [np.flatnonzero(np.isin(kept, relevant[one:other])) for one, other in zip(starts, starts[1:], strict=False)]
    new_starts = np.cumsum([0] + [len(own) for own in hits])
    found = rank_songs(users, songs[kept], new_starts, np.concatenate(hits).astype(int), cutoff)
    return np.stack([found.auc, found.ap])


def mean(values):
    return np.nanmean(values, axis=1) if np.isfinite(values).any(axis=1).all() else np.full(2, np.nan)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 1000), st.integers(1, 9), st.integers(2, 9), st.sampled_from([None, 1, 2]), st.integers(0, 3),
    st.sampled_from([1, 3, 500]), st.sampled_from([0.1, 0.5, 0.9]),
)  # fmt: skip
def test_it_equals_rankings_of_the_songs_that_are_left(seed, users, songs, levels, missing, cutoff, share):
    case = make_case(seed, users, songs, levels=levels, missing=min(missing, songs), share=share)
    found = leave_songs_out(*case, cutoff, seed)[:, 0]
    wanted = []
    for song in range(songs):
        values = ranked_without(*case, cutoff, song)
        wanted.append([np.nanmean(row) if np.isfinite(row).any() else np.nan for row in values])
    order = np.argsort(np.random.default_rng(seed).permutation(songs))  # the group of each song
    np.testing.assert_allclose(found[order], wanted, atol=1e-12)


def test_groups_are_of_the_same_size_and_leave_each_song_out_once():
    users, songs, starts, relevant = make_case(1, 40, 23)
    found = leave_songs_out(users, songs, starts, relevant, 500, seed=5, groups=7)[:, 0]
    group = np.argsort(np.random.default_rng(5).permutation(23)) % 7
    assert set(np.bincount(group)) == {3, 4}
    for one in range(7):
        values = ranked_without(users, songs, starts, relevant, 500, np.flatnonzero(group == one))
        assert found[one] == pytest.approx(mean(values), abs=1e-12)


def test_songs_that_were_drawn_together_are_left_out_together():
    users, songs, starts, relevant = make_case(1, 40, 23)
    together = np.random.default_rng(2).integers(0, 9, 23)
    found = leave_songs_out(users, songs, starts, relevant, 500, seed=5, together=together)[:, 0]
    group = np.argsort(np.random.default_rng(5).permutation(9))
    assert len(found) == 9
    for one in range(9):
        values = ranked_without(users, songs, starts, relevant, 500, np.flatnonzero(together == one))
        assert found[group[one]] == pytest.approx(mean(values), abs=1e-12)


def test_changes_without_single_songs_add_up_to_those_without_groups_of_them():
    values = np.random.default_rng(3).normal(size=(24, 2))
    without = (values.sum(axis=0) - values) / 23
    together = np.tile(np.arange(6), 4)
    wanted = [values[together != one].mean(axis=0) for one in range(6)]
    np.testing.assert_allclose(left_together(without, together), wanted, atol=1e-12)
    assert np.array_equal(left_together(without, np.arange(24)), without)
    assert left_together(without, np.zeros(24, int)).shape == (1, 2)


def test_artists_are_drawn_where_the_split_keeps_them_together_else_songs():
    songs = pl.DataFrame({"song": range(6), "artist": ["A", "B", " a", None, "C", None]})
    split = pl.DataFrame({"song": range(6), "part": ["test", "train", "test", "test", "test", "unheard"]})
    assert drawn_together(songs, split).tolist() == [0, 0, 1, 2]
    apart = songs.with_columns(artist=pl.Series(["A", "A", "A", None, "C", None]))
    assert drawn_together(apart, split).tolist() == [0, 1, 2, 3]


def test_signed_means_are_those_of_deviations_with_the_users_signs():
    users, songs, starts, relevant = make_case(2, 30, 12, share=0.3)
    found = leave_songs_out(users, songs, starts, relevant, 500, seed=3)
    rng = np.random.default_rng(3)
    order = np.argsort(rng.permutation(12))
    listening = np.flatnonzero(np.diff(starts))
    signs = rng.choice([-1.0, 1.0], len(listening))
    for song, group in enumerate(order):
        values = ranked_without(users, songs, starts, relevant, 500, song)[:, listening]
        assert found[group, 1] == pytest.approx(mean(signs * (values - mean(values)[:, None])), abs=1e-12)


def test_the_signs_find_the_sum_of_squares_over_pairs():
    users, songs, starts, relevant = make_case(3, 300, 60)
    pairs = song_covariance(leave_songs_out(users, songs, starts, relevant, 500, seed=1))[1]
    base = [ranked_without(users, songs, starts, relevant, 500, song) for song in range(60)]
    influence = np.stack([values - mean(values)[:, None] for values in base])  # [songs, measures, users]
    influence = np.where(np.isfinite(influence), influence, 0) / 300
    squares = np.square(influence - influence.mean(axis=0)).sum(axis=(0, 2)) * 59 / 60
    assert np.diag(pairs) == pytest.approx(squares, rel=0.45)  # 60 squares, so within 2.5 standard deviations


@pytest.mark.parametrize("at_most", [100, 1000])
def test_threads_do_not_change_a_bit(at_most):
    case = make_case(4, 700, 50, levels=4, missing=2)
    one, two = (leave_songs_out(*case, 500, 1, threads, at_most=at_most) for threads in (1, 2))
    assert one.tobytes() == two.tobytes()
    one, two = (resampled_measures(*case, 500, 50, 1, threads).samples for threads in (1, 2))
    assert one.tobytes() == two.tobytes()


def test_some_of_many_users_tell_as_well_how_much_songs_matter():
    rng = np.random.default_rng(5)
    played = rng.random((4000, 40)) < rng.beta(0.5, 4, 40)  # users agree on songs, and rank them alike
    users, songs = rng.normal((3, 0), 1, (4000, 2)), rng.normal(size=(40, 2))
    case = users, songs, np.concatenate([[0], np.cumsum(played.sum(axis=1))]), np.nonzero(played)[1]
    few, all_users = (song_covariance(leave_songs_out(*case, 500, 1, at_most=most)) for most in (1000, 4000))
    assert np.sqrt(np.diag(few[0] - few[1])) == pytest.approx(np.sqrt(np.diag(all_users[0] - all_users[1])), rel=0.2)


def test_samples_have_the_variance_of_users_and_of_songs_and_are_centred():
    users, songs, starts, relevant = make_case(6, 200, 40)
    drawn = resampled_measures(users, songs, starts, relevant, 500, samples=4000, seed=2).samples
    values = ranked_without(users, songs, starts, relevant, 500, [])
    assert drawn.mean(axis=0) == pytest.approx(mean(values), abs=3 * drawn.std(axis=0).max() / 60)
    without = np.stack([mean(ranked_without(users, songs, starts, relevant, 500, song)) for song in range(40)])
    of_users = np.nanvar(values, axis=1) / np.isfinite(values).sum(axis=1)
    assert drawn.var(axis=0) == pytest.approx(39 * without.var(axis=0) + of_users, rel=0.1)


def test_the_same_draws_for_all_models():
    users, songs, starts, relevant = make_case(7, 100, 30)
    one = resampled_measures(users, songs, starts, relevant, 500, 100, 2).samples
    assert resampled_measures(users, 2 * songs, starts, relevant, 500, 100, 2).samples.tobytes() == one.tobytes()
    assert resampled_measures(users, songs, starts, relevant, 500, 100, 3).samples.tobytes() != one.tobytes()


def test_a_single_song_and_nobody():
    users, songs, starts, relevant = make_case(8, 5, 1, share=1.0)
    found = leave_songs_out(users, songs, starts, relevant, 500, 1)
    assert found.shape == (1, 2, 2) and np.isnan(found).all()
    assert np.isnan(song_covariance(found)).all()
    assert np.isnan(resampled_measures(users, songs, starts, relevant, 500, 3, 1).samples).all()
    with pytest.raises(ValueError, match="cutoff is 0"):
        leave_songs_out(users, songs, starts, relevant, 0, 1)


def test_items_are_drawn_as_often_as_there_are():
    assert draw_times(9, np.random.default_rng(1)).sum() == 9
