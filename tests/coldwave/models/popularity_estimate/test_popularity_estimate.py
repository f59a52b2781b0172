"""The estimate of popularity: against dense matrices, under what must not matter, and with its inputs dealt out."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.linear_model import Ridge

from coldwave.models.names.groups import find_groups
from coldwave.models.popularity_estimate.estimate import (
    ALL,
    AUDIO,
    NAMES,
    Estimate,
    count_users,
    fit_estimate,
    predict_parts,
)
from coldwave.models.popularity_estimate.judging import KNOWN, LEFT_OUT, NEW, TESTED, closeness, judge, strata
from coldwave.models.weights import read_weights, write_weights


def parts_of(one, estimate=None):
    return predict_parts(estimate or one.fit(), one.known, one.features, one.songs)


def told(one, part, parts=None):
    """R^2 of a part on the songs that nothing was learnt from."""
    return closeness(one.users[~one.known], (parts or parts_of(one))[part][~one.known, 0])[1]


def dense(one, estimate, songs):
    """Predict songs by regressions and covariance matrices that are written out, known songs each without itself."""
    of_artist, of_album = (float(ratio[0]) for ratio in estimate.names.ratios)
    y, known = np.log1p(one.users), np.flatnonzero(one.known)
    y = y - y[known].mean()
    centred = one.features[known] - one.features[known].mean(axis=0)
    strength = np.square(centred).sum() / (centred.shape[1] + 1)  # the mean variance; the last column is the year's

    def heard(song):
        rows = known[known != song]
        own = y[known].mean() - y[rows].mean()  # about the mean of all known songs
        return Ridge(alpha=strength).fit(one.features[rows], y[rows]).predict(one.features[[song]])[0] + own

    left = np.array([y[song] - heard(song) for song in known])
    effects = of_artist * np.equal.outer(one.artist, one.artist)
    weights = np.linalg.solve(effects[np.ix_(known, known)] + (1 + of_album) * np.eye(len(known)), np.ones(len(known)))
    mean, found = weights @ left / weights.sum(), {}
    for song in songs:
        rows, others = known[known != song], left[known != song] - mean
        covariance = effects[np.ix_(rows, rows)] + (1 + of_album) * np.eye(len(rows))  # an album for each song
        found[song] = heard(song) + mean + effects[song, rows] @ np.linalg.solve(covariance, others)
    return found


def test_it_is_what_dense_matrices_say(catalogue):
    one = catalogue(seed=3)
    estimate = fit_estimate(one.users, one.known, one.features, one.songs, [1.0])
    assert estimate.names.ratios.artist[0] > 0
    parts = parts_of(one, estimate)
    for song, expected in dense(one, estimate, [0, 1, 2, 4, 5, 8]).items():  # new and known ones
        assert parts[ALL][song, 0] == pytest.approx(expected, abs=1e-5)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000), st.integers(1, 9))
def test_a_constant_factor_of_all_audiences_changes_no_ranking(seed, factor):
    """log(1 + users) is raised by a constant: (1 + users) * factor - 1 users."""
    rng = np.random.default_rng(seed)
    features, users = rng.normal(size=(40, 3)).astype(np.float32), rng.integers(0, 50, 40)
    songs = pl.DataFrame(
        {"song_id": map(str, range(40)), "artist": [f"a{n}" for n in rng.integers(0, 9, 40)],
         "album": [None] * 40, "date": [None] * 40}, schema_overrides={"album": pl.String, "date": pl.String}
    )  # fmt: skip
    known = np.arange(40) < 30
    found = [
        predict_parts(fit_estimate(each, known, features, songs, [1.0]), known, features, songs)[ALL][:, 0]
        for each in (users, (1 + users) * factor - 1)
    ]
    np.testing.assert_allclose(*found, atol=1e-4)


def test_with_audio_dealt_out_names_are_left_and_no_more(catalogue):
    one = catalogue()
    names, whole = told(one, NAMES), told(one, ALL)
    assert told(one, AUDIO) == pytest.approx(0.36 / 0.81, abs=0.12)
    assert whole > max(names, told(one, AUDIO)) + 0.2
    one.features = np.random.default_rng(5).permutation(one.features)
    parts = parts_of(one)
    assert abs(told(one, AUDIO, parts)) < 0.05
    assert told(one, ALL, parts) == pytest.approx(names, abs=0.05)
    assert told(one, NAMES, parts) == pytest.approx(names, abs=1e-6)


def test_with_artists_dealt_out_audio_is_left_and_no_more(catalogue):
    one = catalogue()
    audio = told(one, AUDIO)
    one.artist = np.random.default_rng(6).permutation(one.artist)
    parts = parts_of(one)
    assert abs(told(one, NAMES, parts)) < 0.06
    assert told(one, ALL, parts) == pytest.approx(audio, abs=0.06)
    assert told(one, AUDIO, parts) == pytest.approx(audio, abs=1e-6)


def test_nothing_of_songs_that_are_not_known_is_learnt(catalogue):
    one = catalogue()
    one.dates = [str(1990 + n % 20) for n in range(len(one.users))]
    before = one.fit().tensors()
    new = np.flatnonzero(~one.known)
    one.users[new], one.features[new], one.artist[new] = 7, 9, 3
    for song in new:
        one.dates[song] = "1901"
    after = one.fit().tensors()
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)


def test_a_known_song_does_not_count_for_itself(catalogue):
    one = catalogue()
    estimate = one.fit()
    assert estimate.names.ratios.artist[0] > 0
    y = np.log1p(one.users[one.known])
    assert closeness(one.users[one.known], parts_of(one, estimate)[ALL][one.known, 0])[1] < 0.95
    assert np.abs(estimate.values[one.known, 0] - (y - y.mean())).max() < 1e-5
    noise = catalogue(sound=0.0, artist=0.0)
    assert closeness(noise.users[noise.known], parts_of(noise)[ALL][noise.known, 0])[1] < 0.02


def test_a_year_is_heard_with_the_rest_and_never_beyond_those_known(catalogue):
    one = catalogue(sound=0.0, artist=0.0)
    year = np.random.default_rng(4).integers(1990, 2010, len(one.users))
    one.users = (one.users * np.exp(0.1 * (year - 2000))).astype(np.int64)
    undated = told(one, AUDIO)
    one.dates = [f"{n}-05" for n in year]
    one.dates[0] = None
    assert undated < 0.05 and told(one, AUDIO) > 0.6
    estimate = one.fit()
    new = [estimate.heard(one.features[:1], pl.Series([date], dtype=pl.String))[0, 0]
           for date in ("2009", "2050", "1990", "1850", None, "2000")]  # fmt: skip
    assert new[0] == new[1] > new[5] > new[2] == new[3]
    assert new[0] > new[4] > new[2]


def test_songs_without_features_go_by_their_names_or_have_none(catalogue):
    one = catalogue()
    one.features[[0, 1]] = np.nan  # a new and a known song
    parts = parts_of(one)
    assert np.isfinite(parts[ALL]).all() and np.isnan(parts[AUDIO][[0, 1]]).all()
    np.testing.assert_allclose(parts[ALL][[0, 1]], parts[NAMES][[0, 1]])
    alone = parts_of(one, one.fit(by_names=False))
    assert list(alone) == [ALL] and np.flatnonzero(np.isnan(alone[ALL][:, 0])).tolist() == [0, 1]


@pytest.mark.parametrize("by_names", [True, False])
def test_what_is_written_is_read_again(catalogue, tmp_path, by_names):
    one = catalogue()
    estimate = one.fit(by_names)
    write_weights(tmp_path / "1.safetensors", estimate.tensors(), {}, fitted_on=one.known)
    again = Estimate.of(read_weights(tmp_path / "1.safetensors")[0])
    for part, found in parts_of(one, again).items():
        np.testing.assert_array_equal(found, parts_of(one, estimate)[part])


def test_users_are_counted_once_a_song():
    plays = pl.DataFrame({"user": [0, 1, 1], "song": [2, 2, 0]}, schema={"user": pl.UInt32, "song": pl.UInt32})
    assert count_users(plays, 4).tolist() == [1, 0, 2, 0]


def test_closeness_is_told_of_the_logarithm_and_of_ranks():
    users, own = np.array([0, 3, 10, 50, 7]), np.array([0.1, 1.0, 2.5, 3.0, np.nan])
    number, r2, correlation = closeness(users, own)
    true = np.log1p(users[:4])
    assert number == 4 and correlation == pytest.approx(spearmanr(true, own[:4])[0])
    assert r2 == pytest.approx(
        1 - np.sum((true - own[:4] - (true - own[:4]).mean()) ** 2) / np.sum((true - true.mean()) ** 2)
    )
    assert closeness(users[:4], np.zeros(4))[1:] == (pytest.approx(0), None)
    assert closeness(np.full(3, 7), np.arange(3.0)) == (3, None, None)


def test_songs_are_judged_by_whether_their_artist_is_known(catalogue):
    one = catalogue()
    one.artist[:2] = (900, 901)  # a new and a known song of artists of one song
    groups = find_groups(one.songs)
    chosen = {(songs, artist): which for songs, artist, which in strata(groups, one.known, ~one.known)}
    assert np.flatnonzero(chosen[TESTED, NEW]).tolist() == [0] and np.flatnonzero(chosen[LEFT_OUT, NEW]).tolist() == [1]
    table = judge("m", one.users, parts_of(one), groups, one.known, ~one.known)
    assert table.height == 6 * 3 and set(table["part"]) == {ALL, AUDIO, NAMES}
    row = table.filter(songs=TESTED, artist=KNOWN, part=ALL).row(0, named=True)
    assert row["number"] == chosen[TESTED, KNOWN].sum() and 0.5 < row["r2"] < 1
