"""Resampled AUC and mAP: against copies of songs and users that are ranked one sample at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldwave.evaluation.ranking import rank_songs
from coldwave.evaluation.resampling import draw_times, resampled_measures


def make_case(seed, users, songs, factors=3, levels=None, missing=0, share=0.2):
    """Vectors and relevant songs; with ``levels``, entries are small integers, so that many scores tie."""
    rng = np.random.default_rng(seed)
    draw = (
        (lambda rows: rng.integers(0, levels, (rows, factors)))
        if levels
        else (lambda rows: rng.normal(size=(rows, factors)))
    )
    vectors = [draw(rows).astype(np.float32) for rows in (users, songs)]
    vectors[1][rng.choice(songs, missing, replace=False)] = np.nan
    played = rng.random((users, songs)) < share
    return *vectors, np.concatenate([[0], np.cumsum(played.sum(axis=1))]), np.nonzero(played)[1]


def copied_and_ranked(users, songs, starts, relevant, cutoff, times_song, times_user):
    """Mean AUC and AP of one sample: songs are copied as often as drawn, and users' measures repeated."""
    copies = np.repeat(np.arange(len(songs)), times_song)
    lists = [relevant[begin:end] for begin, end in zip(starts, starts[1:], strict=False)]
    hits = [np.flatnonzero(np.isin(copies, own)) for own in lists]
    new_starts = np.cumsum([0] + [len(own) for own in hits])
    found = rank_songs(users, songs[copies], new_starts, np.concatenate(hits).astype(int), cutoff)
    weights = np.zeros(len(users))
    weights[np.flatnonzero(np.diff(starts))] = times_user
    return [
        np.average(values[kept], weights=weights[kept])
        if (kept := np.isfinite(values) & (weights > 0)).any()
        else np.nan
        for values in (found.auc, found.ap)
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 1000), st.integers(1, 9), st.integers(1, 9), st.sampled_from([None, 1, 2]), st.integers(0, 3),
    st.sampled_from([1, 3, 500]), st.sampled_from([0.1, 0.5, 0.9]),
)  # fmt: skip
def test_it_equals_copies_of_songs_and_users(seed, users, songs, levels, missing, cutoff, share):
    case = make_case(seed, users, songs, levels=levels, missing=min(missing, songs), share=share)
    found = resampled_measures(*case, cutoff, samples=5, seed=seed)
    rng = np.random.default_rng(seed)
    times_song = draw_times(songs, 5, rng)
    times_user = draw_times(np.count_nonzero(np.diff(case[2])), 5, rng)
    wanted = [copied_and_ranked(*case, cutoff, times_song[:, one], times_user[:, one]) for one in range(5)]
    np.testing.assert_allclose(found, np.array(wanted, float), atol=1e-12)
