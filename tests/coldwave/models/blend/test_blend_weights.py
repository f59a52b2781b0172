"""Weights: against scipy and scikit-learn, and as properties of what data can and cannot tell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from coldwave.models.blend.pairs import Pairs, draw_pairs, margins
from coldwave.models.blend.weights import equal_weights, learn_weights, loss, user_shares


def world(users, songs, effects, seed=0):
    """Pairs and margins of users who play by a score that the parts see in noise; ``effects`` is each part's signal."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(users, songs))
    noise = rng.normal(size=(len(effects), users, songs))
    scores = np.asarray(effects)[:, None, None] * truth + noise
    scores /= scores.std(axis=2, keepdims=True)
    played = np.nonzero(rng.random((users, songs)) < 1 / (1 + np.exp(1 - 1.5 * truth)))
    pairs = draw_pairs(*played, songs, rng)
    every = [np.eye(songs)] * len(effects)
    return pairs, margins(pairs, list(scores), every, np.ones((users, len(effects))))


def test_the_loss_is_that_of_each_pair_with_users_weighed_the_same():
    pairs, found = world(9, 8, [1, 0.5])
    values = np.array([0.7, 1.9])
    by_user = [np.mean([np.log(1 + np.exp(-row @ values)) for row in found[pairs.user == user]])
               for user in np.unique(pairs.user)]  # fmt: skip
    assert loss(found, user_shares(pairs.user), values) == pytest.approx(np.mean(by_user))


def test_with_much_data_weights_are_those_of_a_logistic_regression():
    pairs, found = world(1200, 60, [1.0, 0.6, 0.3])
    learnt = learn_weights(pairs, found)
    shares = user_shares(pairs.user)
    signs = np.where(np.arange(len(found)) % 2, 1, -1)  # which of a pair is first does not matter
    plain = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=1000)
    plain.fit(found * signs[:, None], signs, sample_weight=shares * len(found))
    expected = plain.coef_[0] / plain.coef_[0].sum()
    assert learnt.values == pytest.approx(expected, abs=0.01)
    assert (np.diff(learnt.values) < -0.05).all() and (learnt.errors < 0.03).all()


def test_between_both_it_is_the_minimum_of_loss_and_penalty():
    pairs, found = world(40, 12, [1.0, 0.4, 0.1], seed=5)
    learnt = learn_weights(pairs, found)
    shares, even = user_shares(pairs.user), np.eye(3) - 1 / 3
    steepness = minimize(lambda total: loss(found, shares, np.full(3, total[0] / 3)), [1.0], tol=1e-12).x[0]

    def objective(values):
        return learnt.worth * loss(found, shares, values) + values @ even @ values * 3 * 4 / steepness**2 / 2

    expected = minimize(objective, np.full(3, 0.3), method="SLSQP", bounds=[(0, None)] * 3, tol=1e-14).x
    assert learnt.values == pytest.approx(expected / expected.sum(), abs=2e-3)
    assert 0 < learnt.worth < len(found)


def test_noise_gets_little_where_much_is_known_and_its_share_where_nothing_is():
    much = [learn_weights(*world(800, 80, [1.0, 0.0], seed)).values[1] for seed in range(3)]
    assert max(much) < 0.06
    little = [learn_weights(*world(3, 4, [0.5, 0.0], seed)).values[1] for seed in range(20)]
    assert abs(np.mean(little) - 0.5) < 0.15 and np.std(little) < np.sqrt(1 / 12)
    middle = [learn_weights(*world(60, 20, [1.0, 0.0], seed)).values[1] for seed in range(5)]
    assert np.mean(much) < np.mean(middle) < np.mean(little)


def test_errors_are_how_far_weights_differ_from_draw_to_draw():
    learnt = [learn_weights(*world(150, 25, [1.0, 0.6], seed)) for seed in range(40)]
    spread = np.std([one.values[0] for one in learnt])
    assert 0.5 < np.mean([one.errors[0] for one in learnt]) / spread < 2


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.permutations(range(3)))
def test_the_order_of_parts_does_not_matter(seed, order):
    pairs, found = world(20, 10, [1.0, 0.5, 0.0], seed)
    one, other = learn_weights(pairs, found), learn_weights(pairs, found[:, order])
    assert other.values == pytest.approx(one.values[order], abs=1e-4)
    assert one.values.sum() == pytest.approx(1) and (one.values >= 0).all()


def test_pairs_that_share_a_song_are_worth_less_than_others():
    """All users agree: what they say is said of 8 songs, however many users say it."""
    rng = np.random.default_rng(0)
    song = rng.normal(size=(8, 2))
    played = np.nonzero(np.tile(rng.random(8) < 0.5, (500, 1)))
    pairs = draw_pairs(*played, 8, rng)
    alike = margins(pairs, [np.ones((500, 1))] * 2, [song[:, [0]], song[:, [1]]], np.ones((500, 2)))
    alone = Pairs(*(side[pairs.user == 0] for side in pairs))
    one = learn_weights(alone, alike[pairs.user == 0])
    assert learn_weights(pairs, alike).worth < 2 * max(one.worth, 16)


def test_where_nothing_can_be_told_weights_are_equal(caplog):
    nothing = learn_weights(Pairs(*(np.zeros(0, int) for _ in range(3))), np.zeros((0, 3)))
    assert nothing.values == pytest.approx(np.full(3, 1 / 3)) and "no user has played one" in caplog.text
    pairs, found = world(50, 20, [1.0, 1.0])
    assert learn_weights(pairs, -found).values == pytest.approx([0.5, 0.5])
    assert "no better than chance" in caplog.text
    silent = learn_weights(pairs, found * [1, 0])
    assert silent.values == pytest.approx([0.5, 0.5], abs=1e-3), "of a part that says nothing, nothing can be learnt"
    caplog.clear()
    assert np.array_equal(learn_weights(pairs, found * 0).values, [0.5, 0.5]), "of parts that both say nothing"
    assert "no better than chance" in caplog.text
    twice = learn_weights(pairs, found[:, [0, 0]])
    assert twice.values == pytest.approx([0.5, 0.5], abs=1e-4)


def test_before_anything_is_known_errors_are_those_of_weights_drawn_evenly():
    drawn = np.random.default_rng(0).dirichlet(np.ones(4), 50_000)
    assert equal_weights(4).errors == pytest.approx(drawn.std(axis=0), rel=0.02)
