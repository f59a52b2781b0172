"""The default model is the one that ranks validation songs best; nothing about test songs can change it."""

import shutil

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_runs import MODELS, SEED, write_run

import coldwave
from coldwave.errors import InputError
from coldwave.evaluation.scores import score_model
from coldwave.files import write_array
from coldwave.models.weights import read_weights, write_weights
from coldwave.use.choice import judge, mean_auc


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 7), st.booleans())
def test_auc_is_the_share_of_pairs_in_order(seed, users, songs, missing):
    rng = np.random.default_rng(seed)
    x, y = (rng.integers(-1, 2, (n, 2)).astype(np.float32) for n in (users, songs))  # many ties
    if missing:
        y[0] = np.nan
    played = rng.random((users, songs)) < 0.5
    shares = []
    for user in range(users):
        scores = np.where(np.isnan(y[:, 0]), -np.inf, y @ x[user])
        pairs = [(a, b) for a in scores[played[user]] for b in scores[~played[user]]]
        shares += [np.mean([(a > b) + (a == b) / 2 for a, b in pairs])] if pairs else []
    rows, columns = np.nonzero(played)
    order = rng.permutation(len(rows))
    found = mean_auc(x, y, rows[order], columns[order])
    assert found == pytest.approx(np.mean(shares)) if shares else np.isnan(found)


def test_models_are_judged_as_the_evaluation_would_on_validation_songs(run):
    files = run.files
    found, learnt, users = judge(files, ["linear", "knn", "metric"])
    assert learnt == []
    parts = pl.read_parquet(files.path("split/split.parquet"))
    swapped = parts.with_columns(pl.col("part").replace({"test": "other", "validation": "test"}))
    plays = pl.read_parquet(files.path("plays/plays.parquet"))
    for name, auc in found.items():
        own = files.folder / f"predictions/{name}/{SEED}.users.npy"
        x = np.load(own if own.exists() else files.path("wmf/user_factors.npy"))
        y = np.load(files.path(f"predictions/{name}/{SEED}.npy"))
        scores = score_model(plays, swapped, run.songs, x, y, 10, [5]).users
        assert auc == pytest.approx(scores["auc"].mean(), abs=1e-6)
        assert users == scores.height
    name, why = run.default_model
    assert found[name] == max(found.values())
    assert why[0].startswith(f"{name} ranks the validation songs of {users} users best: AUC {found[name]:.3f} (")
    chosen = run.recommend("u0001")
    assert chosen.model == name and chosen.notes == why


def test_test_songs_have_no_say(run, folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    test = (pl.read_parquet(copy / "split/split.parquet")["part"] == "test").to_numpy()
    for name in ("linear", "knn", "metric"):
        vectors = np.load(copy / f"predictions/{name}/{SEED}.npy")
        vectors[test] = 1e3
        write_array(copy / f"predictions/{name}/{SEED}.npy", vectors)
    plays = pl.read_parquet(copy / "plays/plays.parquet")
    plays.filter(~pl.col("song").is_in(np.flatnonzero(test).tolist())).write_parquet(copy / "plays/plays.parquet")
    assert coldwave.load(copy).default_model == run.default_model


def test_a_model_that_has_learnt_from_validation_songs_is_passed_over(run, folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    weights = copy / f"models/metric/{SEED}.safetensors"
    split = pl.read_parquet(copy / "split/split.parquet")
    write_weights(weights, *read_weights(weights), fitted_on=(split["part"] != "test").to_numpy())
    found, learnt, _ = judge(coldwave.load(copy).files, ["linear", "knn", "metric"])
    assert set(found) == {"linear", "knn"} and learnt == ["metric"]
    assert (
        coldwave.load(copy).default_model[1][0].endswith("metric cannot be judged: validation songs were learnt from.")
    )


def test_with_few_users_the_order_of_kinds_decides(tmp_path):
    models = {"knn": MODELS["knn"], "lines": MODELS["linear"]}
    run = coldwave.load(write_run(tmp_path / "few", users=29, models=models))
    name, why = run.default_model
    assert name == "lines"
    kinds = "linear, knn, mlp, cnn, mlr, names, contrastive, catalogue_attention, blend"
    assert f"is the first by kind ({kinds}), as only" in why[0]


def test_with_one_user_songs_are_compared_by_their_features(one_user):
    found = one_user.recommend()
    assert found.model == "sound" and found.seed is None
    assert found.notes[0].startswith("1 user is too few for factors: songs are compared by their features (bow)")
    assert one_user.recommended_by == (found.model, found.notes[:1])
    plays = pl.read_parquet(one_user.files.path("plays/plays.parquet"))
    features = np.load(one_user.files.path("bow/features.npy")).astype(np.float64)
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    kept = plays.filter(pl.Series(np.isfinite(units[plays["song"].to_numpy()]).all(axis=1)))
    weights = 1 + 2.0 * np.log(1 + kept["count"].to_numpy() / 0.5)
    scores = units @ (weights @ units[kept["song"].to_numpy()]) / weights.sum()
    assert one_user.scores() == pytest.approx(scores, abs=1e-6, nan_ok=True)
    assert found.table["score"].is_sorted(descending=True)
    why = one_user.why(None, found.table["song_id"][0])
    assert why.table["part"].sum() == pytest.approx(found.table["score"][0], abs=1e-5)
    assert one_user.recommend(model="linear").model == "linear", "a model that is named is taken"


def test_a_run_without_a_model_that_listens_says_so(tmp_path):
    models = {"random": MODELS["random"], "usage_in_sample": MODELS["usage_in_sample"]}
    run = coldwave.load(write_run(tmp_path / "deaf", models=models))
    with pytest.raises(InputError, match="none of the run's models listens"):
        run.recommend("u0001")
    assert run.recommend("u0001", model="usage_in_sample", n=5).table.height == 5
    assert run.fold_in({"S001": 2}).shape == (5,)
