"""Ridge regression along directions of the factors, against plain refits."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Reference

from coldwave.errors import InputError
from coldwave.models.linear import CURVE_SCHEMA, fit_linear, predict_linear
from coldwave.wmf.gram import score_metric

STRENGTHS = [0.01, 0.1, 1.0, 10.0]


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    features = (rng.standard_normal((60, 6)) * [1, 2, 3, 0.1, 1, 1]).astype(np.float32)
    truth = rng.standard_normal((6, 3)) * [1, 1, 0]  # the last factor cannot be told
    targets = (features @ truth + 0.5 * rng.standard_normal((60, 3)) + [1, -2, 3]).astype(np.float32)
    features[5] = np.nan
    return features, targets, np.arange(60) < 40, score_metric(rng.standard_normal((30, 3)))


def refit(features, targets, strength):
    """A plain regression at one strength."""
    unit = np.trace(np.cov(features.T, bias=True)) * len(features) / features.shape[1]
    return Reference(alpha=strength * unit).fit(features.astype(np.float64), targets.astype(np.float64))


def test_with_one_strength_it_is_plain_ridge_regression(data):
    features, targets, fitted, metric = data
    fit = fit_linear(features, targets, fitted, metric, [0.1])
    known = fitted & np.isfinite(features).all(axis=1)
    expected = refit(features[known], targets[known], 0.1)
    assert fit.weights == pytest.approx(expected.coef_, abs=1e-4)
    assert fit.intercept == pytest.approx(expected.intercept_, abs=1e-4)
    for song in np.flatnonzero(known)[:10]:
        others = known & (np.arange(60) != song)
        alpha = refit(features[known], targets[known], 0.1).alpha
        without = Reference(alpha=alpha).fit(features[others].astype(float), targets[others].astype(float))
        common = targets[known].mean(axis=0) - targets[others].mean(axis=0)
        expected = without.predict(features[[song]].astype(float))[0] + common
        assert fit.left_out[song] == pytest.approx(expected, abs=1e-4)
    assert np.array_equal(np.isfinite(fit.left_out).all(axis=1), known)


def test_each_direction_keeps_its_best_strength(data):
    features, targets, fitted, metric = data
    fit = fit_linear(features, targets, fitted, metric, STRENGTHS)
    assert dict(fit.curve.schema) == CURVE_SCHEMA
    assert set(STRENGTHS) <= set(fit.curve["strength"])
    known = np.flatnonzero(fitted & np.isfinite(features).all(axis=1))

    def scores_error(predicted):
        difference = targets[known] - predicted
        return np.einsum("nf,fg,ng->n", difference, metric, difference).mean()

    shared = {row["strength"]: row["left_out_mse"] for row in fit.curve.iter_rows(named=True)}
    for strength, error in shared.items():
        alone = fit_linear(features, targets, fitted, metric, [strength])
        own = (targets[known] - targets[known].mean(axis=0)) / (len(known) - 1)  # in the mean of all songs
        assert error == pytest.approx(scores_error(alone.left_out[known] - own), rel=1e-4)
        assert scores_error(fit.left_out[known] - own) <= error * (1 + 1e-6)
    (best,) = fit.curve.filter("best")["strength"]
    assert shared[best] == min(shared.values())
    assert fit.curve["directions"].sum() <= 3
    predicted = predict_linear(features, fit.weights, fit.intercept)
    assert scores_error(predicted[known]) < scores_error(fit.left_out[known])


def test_a_direction_leaves_the_common_strength_only_where_its_own_is_clearly_better():
    """Half of the directions can be heard well, half hardly: they part. Where all are alike, they stay together."""
    rng = np.random.default_rng(0)
    features, everyone = rng.standard_normal((80, 20)).astype(np.float32), np.ones(80, dtype=bool)
    loud = features @ rng.standard_normal((20, 4))
    for noise, together in (([0.1, 0.1, 20, 20], False), ([2, 2, 2, 2], True)):
        targets = (loud + noise * rng.standard_normal((80, 4))).astype(np.float32)
        curve = fit_linear(features, targets, everyone, np.eye(4), STRENGTHS).curve
        assert (curve["directions"].max() >= 3) == together


def test_a_songs_own_factors_reach_its_prediction_by_the_common_mean_alone(data):
    """With the strength given; and no song that is not learnt from reaches any."""
    features, targets, fitted, metric = data
    known = fitted & np.isfinite(features).all(axis=1)

    def predicted(songs_factors):
        fit = fit_linear(features, songs_factors, fitted, metric, [0.1])
        return predict_linear(features, fit.weights, fit.intercept, fit.left_out)

    before = predicted(targets)
    for song in (0, 7, 39, 50):
        other = targets.copy()
        other[song] += [3, -5, 1]
        after = predicted(other)
        common = (other - targets)[known].mean(axis=0)  # the same for all songs learnt from
        assert after[song] - common == pytest.approx(before[song], abs=1e-3)
        assert np.allclose(after, before, atol=1e-3, equal_nan=True) == (not fitted[song])


def test_songs_that_are_not_learnt_from_change_no_byte(data):
    features, targets, fitted, metric = data
    before = fit_linear(features, targets, fitted, metric, STRENGTHS)
    other = targets.copy()
    other[~fitted] += 100
    after = fit_linear(np.where(fitted[:, None], features, 7), other, fitted, metric, STRENGTHS)
    assert before.weights.tobytes() == after.weights.tobytes()
    assert before.intercept.tobytes() == after.intercept.tobytes()
    assert before.left_out.tobytes() == after.left_out.tobytes()
    assert before.curve.equals(after.curve)


def test_features_that_tell_nothing_predict_the_mean(data):
    _, targets, fitted, metric = data
    noise = np.random.default_rng(1).standard_normal((60, 50)).astype(np.float32)
    fit = fit_linear(noise, targets, fitted, metric, STRENGTHS)
    predicted = predict_linear(noise, fit.weights, fit.intercept)
    assert predicted.std(axis=0).max() < 0.3 * targets.std(axis=0).max()
    assert fit.curve["directions"].sum() < 3  # some have no weights at all


def test_a_song_without_features_gets_nan(data):
    features, targets, fitted, metric = data
    fit = fit_linear(features, targets, fitted, metric, [0.1])
    predicted = predict_linear(features, fit.weights, fit.intercept, fit.left_out)
    assert predicted.dtype == np.float32
    assert np.flatnonzero(np.isnan(predicted).any(axis=1)).tolist() == [5]


def test_too_few_songs_are_an_error(data):
    features, targets, _, metric = data
    with pytest.raises(InputError, match="1 of 2 songs to learn from have features, and a regression needs two"):
        fit_linear(features, targets, np.isin(np.arange(60), [5, 6]), metric, [0.1])
