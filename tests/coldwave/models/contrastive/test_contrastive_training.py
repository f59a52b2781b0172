"""Contrastive training on a small world: half of the users like songs whose first feature is far from 0, either way.

Songs that are liked by the same users are thus as often opposites as alike, and the other features tell nothing.
"""

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.metrics import roc_auc_score

from coldwave.errors import InputError
from coldwave.models.contrastive.prediction import predict_contrastive, tower_inputs
from coldwave.models.contrastive.starts import from_factors
from coldwave.models.contrastive.training import CURVE_SCHEMA, train_contrastive
from coldwave.models.knn import mean_played, unit_length
from coldwave.models.linear import fit_linear, predict_linear
from coldwave.wmf.als import factorise_songs
from coldwave.wmf.gram import score_metric

USERS, SONGS, FEATURES = 80, 320, 5
SONG = np.arange(SONGS)
TRAINING, VALIDATION, TEST = SONG < 200, (SONG >= 200) & (SONG < 250), SONG >= 250
MISSING = [3, 210, 300]
SETTINGS = {
    "start": "features", "strengths": [0.1, 1.0, 10.0], "dimensions": 6, "hidden": 64, "loss": "softmax",
    "temperature": 0.2, "log_q": True, "aligned": 0.0, "history": 50, "batch_size": 128, "learning_rate": 2e-2,
    "weight_decay": 0.01, "epochs": 12, "steps": 1000, "patience": 12, "accelerator": "cpu",
}  # fmt: skip


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((SONGS, FEATURES)).astype(np.float32)
    liked, taste = np.sign(np.abs(features[:, 0]) - 0.67), rng.choice([-1, 1], USERS)
    plays = np.argwhere(rng.random((USERS, SONGS)) < 0.14 + 0.1 * np.outer(taste, liked))
    features[MISSING] = np.nan
    plays = pl.DataFrame(plays, schema=["user", "song"]).with_columns(count=pl.lit(1, pl.UInt32))
    x, y, _ = factorise_songs(
        plays, TRAINING, USERS, factors=4, alpha=2.0, epsilon=1.0, regularization=1.0, unplayed_weight=1.0,
        frequency_scaling=0.0, iterations=30, solver="exact", seed=1, threads=1,
    )  # fmt: skip
    return plays, features, x, y


def train(world, seed=1, **changes):
    return train_contrastive(*world, TRAINING, VALIDATION, SETTINGS | changes, seed)


def auc(plays, vectors, part):
    """The mean AUC over users of songs that have a vector, one user at a time."""
    users = mean_played(plays, vectors, TRAINING, USERS)
    songs = np.flatnonzero(part & np.isfinite(vectors).all(axis=1))
    heard = np.zeros((USERS, SONGS), dtype=bool)
    heard[plays["user"], plays["song"]] = True
    some = heard[:, songs].any(axis=1) & ~heard[:, songs].all(axis=1)
    scores = users @ vectors[songs].T
    return np.mean([roc_auc_score(heard[user, songs], scores[user]) for user in np.flatnonzero(some)])


@pytest.fixture(scope="module")
def learnt(world):
    return train(world)


def test_it_learns_taste_that_the_features_themselves_do_not_show(world, learnt):
    plays, features, *_ = world
    vectors = predict_contrastive(features, learnt[0])
    assert auc(plays, vectors, TEST) > auc(plays, unit_length(features), TEST) + 0.06
    assert np.isnan(vectors[MISSING]).all() and np.isfinite(np.delete(vectors, MISSING, axis=0)).all()
    assert np.linalg.norm(np.delete(vectors, MISSING, axis=0), axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors.dtype == np.float32


@pytest.mark.parametrize(
    "changes",
    [{"loss": "entmax15", "start": "random"}, {"loss": "sparsemax", "start": "random"}, {"start": "random"},
     {"start": "factors"}, {"aligned": 0.3}, {"log_q": False}, {"history": 5}],
    ids=str,
)  # fmt: skip
def test_so_do_its_variants(world, changes):
    plays, features, *_ = world
    arrays, _ = train(world, **changes)
    assert auc(plays, predict_contrastive(features, arrays), TEST) > auc(plays, unit_length(features), TEST) + 0.03


def test_with_the_audio_dealt_out_it_is_at_chance(world):
    plays, features, x, y = world
    dealt = features[np.random.default_rng(5).permutation(SONGS)]
    arrays, _ = train((plays, dealt, x, y))
    assert auc(plays, predict_contrastive(dealt, arrays), TEST) == pytest.approx(0.5, abs=0.04)


def test_the_epoch_that_is_best_on_validation_songs_is_kept(world, learnt):
    plays, features, *_ = world
    arrays, curve = learnt
    assert dict(curve.schema) == CURVE_SCHEMA
    assert curve["epoch"].to_list() == list(range(13)) and curve["train_loss"].null_count() == 1
    best = curve.filter("best")
    assert best["validation_auc"].item() == curve["validation_auc"].max()
    found = auc(plays, predict_contrastive(features, arrays), VALIDATION)
    assert found == pytest.approx(best["validation_auc"].item(), abs=1e-4)
    assert curve["train_loss"][-1] < curve["train_loss"][1]
    start = curve["validation_auc"][0]
    assert start == pytest.approx(auc(plays, unit_length(features), VALIDATION), abs=1e-4)


def test_patience_ends_training_and_the_start_can_be_the_best(world):
    _, features, *_ = world
    arrays, curve = train(world, learning_rate=1e-12, patience=2, epochs=9)
    assert len(curve) <= 4
    assert predict_contrastive(features, arrays) == pytest.approx(unit_length(features), abs=1e-5, nan_ok=True)


def test_other_songs_do_not_reach_it(world, learnt):
    plays, features, x, y = world
    rng = np.random.default_rng(1)
    other, others_factors = features.copy(), y.copy()
    other[TEST], others_factors[~TRAINING] = rng.normal(size=(70, FEATURES)), 9
    changed = plays.filter(pl.col("song") < 250)
    for before, changes in ((learnt, {}), (train(world, start="factors", aligned=1.0, epochs=2),
                                           {"start": "factors", "aligned": 1.0, "epochs": 2})):  # fmt: skip
        after, curve = train((changed, other, x, others_factors), **changes)
        assert {name: array.tobytes() for name, array in after.items()} == {
            name: array.tobytes() for name, array in before[0].items()
        }
        assert curve.equals(before[1])


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_threads(world):
    found = []
    for threads, seed in ((1, 1), (2, 1), (1, 2)):
        torch.set_num_threads(threads)
        arrays, _ = train(world, seed, start="random", aligned=0.1, epochs=2)
        assert torch.get_num_threads() == threads
        found.append([arrays[name].tobytes() for name in sorted(arrays)])
    torch.set_num_threads(1)
    assert found[0] == found[1] != found[2]


def test_a_start_at_factors_scores_as_the_linear_model_does(world):
    _, features, x, y = world
    inputs, metric = tower_inputs(features), score_metric(x)
    base = from_factors(inputs, y, TRAINING, metric, SETTINGS["strengths"])
    fit = fit_linear(inputs, y, TRAINING, metric, SETTINGS["strengths"])
    coordinates = np.delete(inputs, MISSING, axis=0) @ base.weight.T + base.bias
    predicted = predict_linear(np.delete(inputs, MISSING, axis=0), fit.weights, fit.intercept)
    known = TRAINING & np.isfinite(inputs).all(axis=1)
    centred = predicted - y[known].mean(axis=0)
    assert coordinates @ coordinates.T == pytest.approx(centred @ metric @ centred.T, abs=1e-4)


@pytest.mark.parametrize(
    ("kept", "why"),
    [(pl.col("user") == 0, "played some but not all"), (pl.col("song") == 250, "played two training songs")],
    ids=["validation", "training"],
)
def test_with_too_few_plays_it_stays_as_it_starts(world, kept, why, caplog):
    plays, features, x, y = world
    few = plays.filter(kept & (pl.col("song") < 200) | (pl.col("song") == 250) & kept)
    with caplog.at_level("WARNING"):
        arrays, curve = train((few, features, x, y))
    assert why in caplog.text and not len(curve) and dict(curve.schema) == CURVE_SCHEMA
    assert predict_contrastive(features, arrays) == pytest.approx(unit_length(features), abs=1e-5, nan_ok=True)


@pytest.mark.parametrize("part", ["training", "validation"])
def test_without_features_it_says_what_is_missing(world, part):
    plays, features, x, y = world
    none = np.where((TRAINING if part == "training" else VALIDATION)[:, None], np.float32(np.nan), features)
    with pytest.raises(InputError, match=f"no {part} song has features"):
        train((plays, none, x, y))
