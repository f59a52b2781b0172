"""Blends in a run: they are their parts' scores joined, the audit learns them again, and they place new songs."""

import numpy as np
import polars as pl
import pytest
from plans import AFTER_LEARNING, EXAMPLES, WORTH

import coldwave
from coldwave.models.weights import read_fitted_on, read_weights

SEED = 3
PARTS = ["names_and_linear", "knn", "mlp"]
OTHERS = ("mean", "mlr", "cnn_mse", "cnn_wpe", "popularity", "perfect_ear")
BLENDS = {
    "learnt": {"kind": "blend", "models": PARTS},
    "even": {"kind": "blend", "models": ["names", "linear"], "weights": "equal"},
}


@pytest.fixture(scope="module")
def blended(tiny, tmp_path_factory):
    """The tiny run with two blends more, the outcome of the call, and the overlay."""
    overlay = {"models": dict.fromkeys(OTHERS) | BLENDS, "audit": {"canary": ["blend"]}, "warm": None}
    place = tiny.copy(tmp_path_factory.mktemp("blends") / "copy")
    return place, place.make(overlay=overlay), overlay


def vectors(place, model):
    own = place.results / f"predictions/{model}/{SEED}.users.npy"
    users = np.load(own) if own.is_file() else place.array("wmf/user_factors.npy")
    return users.astype(np.float64), place.array(f"predictions/{model}/{SEED}.npy").astype(np.float64)


def test_scores_are_those_of_the_parts_each_divided_by_its_deviation(blended):
    place, outcome, overlay = blended
    assert {"learn_blend", "predict_blend"} <= set(outcome.done) and place.plan(overlay=overlay) == {}
    validation = place.part("validation")
    for name, model in BLENDS.items():
        weights = read_weights(place.results / f"models/{name}/{SEED}.safetensors")[0]["weights"]
        assert weights.sum() == pytest.approx(1) and (weights >= 0).all()
        expected = 0
        for weight, part in zip(weights, model["models"], strict=True):
            users, songs = vectors(place, part)
            assert np.isfinite(songs).all()
            scores = users @ songs.T
            deviation = scores[:, validation].std(axis=1, keepdims=True)
            rounding = 1e-4 * np.abs(scores).max()
            expected = expected + weight * np.where(deviation > rounding, scores / np.maximum(deviation, 1e-30), 0)
        users, songs = vectors(place, name)
        np.testing.assert_allclose(users @ songs.T, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
    even = read_weights(place.results / f"models/even/{SEED}.safetensors")[0]["weights"]
    assert even.tolist() == [0.5, 0.5]


def test_it_is_in_the_tables_and_the_audit_learns_it_again(blended):
    place, *_ = blended
    table = place.table("tables/recommendation.parquet").filter(pl.col("model").is_in(list(BLENDS)))
    assert table["kind"].unique().to_list() == ["blend"]
    leakage = place.table("tables/leakage.parquet")
    rows = leakage.filter(pl.col("of").str.starts_with("models/learnt/"))
    assert rows["result"].to_list() == ["passed"] * 2
    again = "the same whatever the plays, audio and names of test songs"
    assert rows["check"].to_list() == ["fitted on no test song", again]
    fitted = read_fitted_on(place.results / f"models/learnt/{SEED}.safetensors")
    assert np.array_equal(np.flatnonzero(fitted), place.part("validation"))
    (read,) = leakage.filter(of="learn_blend")["detail"]
    assert read.startswith("reads what is made by models, plays, predictions, split, wmf;")


def test_a_part_that_changes_makes_it_again(blended):
    place, _, overlay = blended
    other = overlay | {"models": overlay["models"] | {"even": BLENDS["even"] | {"weights": [1, 3]}}}
    follows = {"learn_blend": 1, "predict_blend": 1, "evaluate_model": 1, **WORTH, **EXAMPLES, **AFTER_LEARNING}
    assert place.plan(overlay=other) == follows


def test_it_hears_a_file_as_its_parts_do(blended):
    place, *_ = blended
    run = coldwave.load(place.results)
    found = run.embed(place.folder / run.songs["audio"][5])["predictions"]
    joined = np.concatenate([found[part] for part in PARTS])
    np.testing.assert_allclose(found["learnt"], joined, rtol=1e-6)
    user = place.table("plays/users.parquet")["user_id"][3]
    assert run.recommend(user, model="learnt", among="nobody", n=3).model == "learnt"
