"""Ridge regression and its left-out predictions, against refits and scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Reference
from sklearn.linear_model import RidgeCV

from coldwave.models.ridge import Ridge


@pytest.fixture(params=[(40, 6), (12, 30)], ids=["more songs than features", "more features than songs"])
def data(request):
    rng = np.random.default_rng(0)
    songs, features = request.param
    inputs = rng.standard_normal((songs, features)) * rng.uniform(0.1, 3, features) + 2
    targets = inputs @ rng.standard_normal((features, 3)) + rng.standard_normal((songs, 3)) + [1, -2, 3]
    return inputs, targets


@pytest.mark.parametrize("strength", [1e-4, 0.1, 10.0])
def test_a_song_left_out_is_predicted_by_a_refit_without_it(data, strength):
    inputs, targets = data
    ridge = Ridge(inputs, targets)
    alpha = strength * np.mean(np.linalg.eigvalsh(np.cov(inputs.T, bias=True))) * len(inputs)
    found = ridge.left_out(strength)
    for song in range(len(inputs)):
        others = np.arange(len(inputs)) != song
        expected = Reference(alpha=alpha).fit(inputs[others], targets[others]).predict(inputs[[song]])[0]
        assert found[song] == pytest.approx(expected, rel=1e-5, abs=1e-6)
    whole = Reference(alpha=alpha).fit(inputs, targets)
    weights, intercept = ridge.weights(strength)
    assert weights == pytest.approx(whole.coef_, rel=1e-6, abs=1e-8)
    assert intercept == pytest.approx(whole.intercept_, rel=1e-6)
    assert ridge.fitted(strength) == pytest.approx(whole.predict(inputs), rel=1e-6, abs=1e-8)


def test_the_errors_are_those_of_scikit_learns_leave_one_out(data):
    inputs, targets = data
    ridge, strengths = Ridge(inputs, targets), np.array([0.01, 1.0, 100.0])
    reference = RidgeCV(strengths * ridge.unit, alpha_per_target=True, store_cv_results=True).fit(inputs, targets)
    errors = np.array([np.square(targets - ridge.left_out(strength)) for strength in strengths])
    assert errors.transpose(1, 2, 0) == pytest.approx(reference.cv_results_, rel=1e-6, abs=1e-8)
    chosen = strengths[errors.mean(axis=1).argmin(axis=0)]
    assert chosen * ridge.unit == pytest.approx(reference.alpha_)
    assert ridge.weights(chosen)[0] == pytest.approx(reference.coef_, rel=1e-6, abs=1e-8)


def test_each_target_has_a_strength_of_its_own(data):
    ridge = Ridge(*data)
    strengths = np.array([0.1, 1.0, np.inf])
    for function in (ridge.fitted, ridge.left_out, ridge.left_out_about_mean):
        together = function(strengths)
        for target, strength in enumerate(strengths):
            assert together[:, target] == pytest.approx(function(strength)[:, target])


@pytest.mark.parametrize("strength", [0.1, 10.0, np.inf])
def test_about_the_mean_of_all_songs_it_is_the_same_but_for_the_mean(data, strength):
    inputs, targets = data
    ridge, songs = Ridge(inputs, targets), len(inputs)
    others = (targets.sum(axis=0) - targets) / (songs - 1)
    expected = ridge.left_out(strength) - others + targets.mean(axis=0)
    assert ridge.left_out_about_mean(strength) == pytest.approx(expected, abs=1e-8)


def test_songs_are_not_ranked_against_their_targets_by_inputs_that_tell_nothing():
    against = {"left_out": [], "left_out_about_mean": []}
    for seed in range(30):
        inputs, targets = np.random.default_rng(seed).standard_normal((2, 100, 20))
        ridge = Ridge(inputs, targets[:, :1])
        for name, found in against.items():
            found.append(np.corrcoef(getattr(ridge, name)(10.0)[:, 0], targets[:, 0])[0, 1])
    assert np.mean(against["left_out"]) < -0.15
    assert abs(np.mean(against["left_out_about_mean"])) < 0.08
    assert np.ptp(ridge.left_out_about_mean(np.inf)) == 0


def test_an_infinite_strength_predicts_the_mean_of_the_others(data):
    inputs, targets = data
    ridge = Ridge(inputs, targets)
    weights, intercept = ridge.weights(np.inf)
    assert not weights.any()
    assert intercept == pytest.approx(targets.mean(axis=0))
    for song in (0, 5):
        others = np.arange(len(targets)) != song
        assert ridge.left_out(np.inf)[song] == pytest.approx(targets[others].mean(axis=0))
