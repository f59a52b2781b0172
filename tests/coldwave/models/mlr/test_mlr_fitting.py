"""Metric learning on a small world in which taste follows the first feature, and loud noise the second."""

import numpy as np
import polars as pl
import pytest
from scipy.spatial.distance import pdist
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from coldwave.errors import InputError
from coldwave.models.mlr.fitting import CURVE_SCHEMA, fit_mlr
from coldwave.models.mlr.vectors import embed, metric_users, song_vectors

USERS, SONGS = 60, 150
SETTINGS = {
    "loss": "auc", "similarity": "distance", "dimensions": 10, "queries": 50, "relevant": 8, "irrelevant": 30,
    "strengths": [10.0, 0.1, 1000.0], "tolerance": 0.01, "iterations": 30,
}  # fmt: skip
SONG = np.arange(SONGS)
TRAINING, VALIDATION = SONG < 100, (SONG >= 100) & (SONG < 125)


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    taste, sound = rng.choice([-1, 1], USERS), rng.choice([-1, 1], SONGS)
    plays = pl.DataFrame(np.argwhere(rng.random((USERS, SONGS)) < 0.2 + 0.15 * np.outer(taste, sound)),
                         schema=["user", "song"])  # fmt: skip
    features = rng.standard_normal((SONGS, 4)) * [0.5, 9, 0.5, 0.5]
    features[:, 0] += sound
    features[[3, 110]] = np.nan
    return plays, features.astype(np.float32)


def fit(world, seed=1, **changes):
    return fit_mlr(*world, TRAINING, VALIDATION, USERS, SETTINGS | changes, seed)


def user_auc(world, songs, mean, factor, similarity="distance"):
    plays, features = world
    embedded = embed(features, mean, factor)
    users, vectors = metric_users(plays, embedded, TRAINING, USERS, similarity), song_vectors(embedded, similarity)
    played = np.zeros((USERS, SONGS), dtype=bool)
    played[world[0]["user"], world[0]["song"]] = True
    some = played[:, songs].any(axis=1) & ~played[:, songs].all(axis=1)
    return np.mean([roc_auc_score(played[user, songs], vectors[songs] @ users[user]) for user in np.flatnonzero(some)])


@pytest.mark.parametrize("loss", ["auc", "map"])
@pytest.mark.parametrize("similarity", ["distance", "cosine"])
def test_it_ranks_unheard_songs_better_than_the_euclidean_metric(world, loss, similarity):
    tensors, _ = fit(world, loss=loss, similarity=similarity)
    test = np.flatnonzero(SONG >= 125)
    mean = tensors["mean"]
    euclidean = user_auc(world, test, mean, np.eye(4), similarity)
    assert user_auc(world, test, **tensors, similarity=similarity) > euclidean + 0.05


def test_the_strength_that_is_best_on_validation_songs_is_kept(world):
    tensors, curve = fit(world)
    assert dict(curve.schema) == CURVE_SCHEMA
    assert curve["strength"].unique().sort().to_list() == [0.1, 10.0, 1000.0]
    measured = curve.drop_nulls("validation_auc")
    assert len(measured) == 3
    best = curve.filter("best")
    assert len(best) == 1
    assert best["validation_auc"].item() == measured["validation_auc"].max()
    songs = np.flatnonzero(VALIDATION & np.isfinite(world[1]).all(axis=1))
    assert user_auc(world, songs, **tensors) == pytest.approx(best["validation_auc"].item(), abs=1e-3)
    alone, _ = fit(world, strengths=[0.1])
    if best["strength"].item() == 0.1:
        assert np.array_equal(tensors["factor"], alone["factor"])


def test_other_songs_do_not_reach_the_metric(world):
    plays, features = world
    before, _ = fit(world, strengths=[10.0])
    rng = np.random.default_rng(1)
    other = features.copy()
    other[~TRAINING] += rng.standard_normal((50, 4))
    dealt = plays.with_columns(
        user=pl.when(pl.col("song") < 100).then("user").otherwise((pl.col("user") + 7) % USERS)
    ).unique(maintain_order=True)
    after, _ = fit((dealt, other), strengths=[10.0])
    assert before["factor"].tobytes() == after["factor"].tobytes()
    assert before["mean"].tobytes() == after["mean"].tobytes()


def test_test_songs_do_not_reach_the_choice(world):
    plays, features = world
    other = features.copy()
    other[125:] = 5
    before, after = fit(world), fit((plays.filter(pl.col("song") < 125), other))
    assert before[0]["factor"].tobytes() == after[0]["factor"].tobytes()
    assert before[1].equals(after[1])


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(world):
    first, _ = fit(world)
    with threadpool_limits(1):
        again, _ = fit(world)
    assert first["factor"].tobytes() == again["factor"].tobytes()
    assert first["factor"].tobytes() != fit(world, seed=2)[0]["factor"].tobytes()


def test_what_cannot_be_learnt_is_told(world):
    nothing = np.zeros(SONGS, dtype=bool)
    with pytest.raises(InputError, match="no validation song has features"):
        fit_mlr(*world, TRAINING, nothing, USERS, SETTINGS, 1)
    with pytest.raises(InputError, match="no training song has features"):
        fit_mlr(*world, nothing, VALIDATION, USERS, SETTINGS, 1)


@pytest.mark.parametrize(
    ("songs", "validation", "reason"),
    [
        (pl.col("song") < 100, VALIDATION, "nobody has played some but not all of the 24 validation songs"),
        (pl.lit(True), SONG == 101, "nobody has played some but not all of the 1 validation songs"),
        (pl.col("song") >= 100, VALIDATION, "no pair of songs"),
    ],
    ids=["no validation play", "one validation song", "no training play"],
)
def test_with_too_few_plays_distances_are_those_of_the_features(world, songs, validation, reason, caplog):
    plays, features = world
    learnt, curve = fit_mlr(plays.filter(songs), features, TRAINING, validation, USERS, SETTINGS, 1)
    assert reason in caplog.text
    assert curve.is_empty()
    known = features[TRAINING & np.isfinite(features).all(axis=1)].astype(np.float64)
    distances = pdist(embed(known, **learnt)), pdist(known)
    ratio = distances[0] / distances[1]
    assert ratio == pytest.approx(np.full_like(ratio, ratio[0]), rel=1e-4)
