"""Errors of predicted factors: against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import r2_score
from sklearn.metrics.pairwise import cosine_similarity

from coldwave.evaluation.factors import factor_errors


def test_r2_and_cosine_equal_scikit_learn_without_songs_that_have_no_prediction():
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(40, 6)).astype(np.float32)
    predicted = factors + rng.normal(size=(40, 6)).astype(np.float32)
    predicted[[2, 9]] = np.nan
    found, known = factor_errors(predicted, factors), np.isfinite(predicted[:, 0])
    assert all((np.isfinite(values) == known).all() for values in found.values())
    r2 = 1 - np.nansum(found["squared_error"]) / np.nansum(found["squared_deviation"])
    assert r2 == pytest.approx(r2_score(factors[known], predicted[known], multioutput="variance_weighted"), abs=1e-6)
    wanted = np.diag(cosine_similarity(predicted[known], factors[known]))
    assert found["cosine"][known] == pytest.approx(wanted, abs=1e-6)
    assert found["squared_error"][0] == pytest.approx(((predicted[0] - factors[0]) ** 2).sum(), rel=1e-6)


def test_zero_factors_have_no_cosine_and_other_shapes_are_refused():
    found = factor_errors(np.zeros((2, 3)), np.ones((2, 3)))
    assert np.isnan(found["cosine"]).all()
    assert found["squared_error"].tolist() == [3, 3]
    assert all(np.isnan(values).all() for values in factor_errors(np.full((2, 3), np.nan), np.ones((2, 3))).values())
    with pytest.raises(ValueError, match="differ in shape"):
        factor_errors(np.ones((2, 3)), np.ones((2, 4)))
