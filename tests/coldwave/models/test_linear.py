"""Ridge regression against its closed form."""

import numpy as np
import pytest

from coldwave.errors import InputError
from coldwave.models.linear import fit_linear, mean_squared_error, predict_linear


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((120, 6)).astype(np.float32) * [1, 2, 3, 0.1, 1, 1]
    truth = rng.standard_normal((6, 3))
    targets = (features @ truth + 0.5 * rng.standard_normal((120, 3)) + [1, -2, 3]).astype(np.float32)
    features[5] = np.nan
    return features.astype(np.float32), targets, np.arange(120) < 80, (np.arange(120) >= 80) & (np.arange(120) < 100)


def closed_form(features, targets, alpha):
    x, y = features - features.mean(axis=0), targets - targets.mean(axis=0)
    weights = np.linalg.solve(x.T @ x + alpha * np.eye(x.shape[1]), x.T @ y).T
    return weights, targets.mean(axis=0) - weights @ features.mean(axis=0)


def test_the_best_strength_on_validation_songs_is_kept(data):
    features, targets, training, validation = data
    strengths = [1e-3, 1e-1, 10.0]
    weights, intercept, curve = fit_linear(features, targets, training, validation, strengths)
    train = training & np.isfinite(features).all(axis=1)
    x = features[train].astype(np.float64)
    errors = []
    for strength in strengths:
        alpha = strength * np.mean(np.linalg.eigvalsh((x - x.mean(axis=0)).T @ (x - x.mean(axis=0))))
        expected = closed_form(x, targets[train].astype(np.float64), alpha)
        errors.append(mean_squared_error(targets[validation], features[validation] @ expected[0].T + expected[1]))
        if len(errors) - 1 == int(np.argmin(curve["validation_mse"])):
            assert weights == pytest.approx(expected[0], abs=1e-4)
            assert intercept == pytest.approx(expected[1], abs=1e-4)
    assert curve["validation_mse"].to_list() == pytest.approx(errors, rel=1e-5)
    assert curve["best"].to_list() == [error == min(errors) for error in errors]


def test_other_songs_do_not_reach_the_weights(data):
    features, targets, training, validation = data
    before = fit_linear(features, targets, training, validation, [0.1])
    other = targets.copy()
    other[~training] += 100
    after = fit_linear(features, other, training, validation, [0.1])
    assert np.array_equal(before[0], after[0])
    assert np.array_equal(before[1], after[1])


def test_a_song_without_features_gets_nan(data):
    features, targets, training, validation = data
    weights, intercept, _ = fit_linear(features, targets, training, validation, [0.1])
    predicted = predict_linear(features, weights, intercept)
    assert predicted.dtype == np.float32
    assert np.flatnonzero(np.isnan(predicted).any(axis=1)).tolist() == [5]


def test_no_usable_song_is_an_error(data):
    features, targets, training, _ = data
    with pytest.raises(InputError, match="no validation song"):
        fit_linear(features, targets, training, np.zeros(120, dtype=bool), [0.1])
