"""What a finished run does with an estimate of popularity: the same for everybody, and never taken for taste."""

import numpy as np
import polars as pl
import pytest
from small_runs import MODELS, NO_AUDIO, SEED, as_new, change_config, write_run

import coldwave
from coldwave.files import read_array, read_table, write_array
from coldwave.models.popularity_estimate.estimate import ALL, count_users, fit_estimate, predict_parts
from coldwave.models.weights import write_weights
from coldwave.new_songs.batches import FEATURES, PREDICTIONS, NewSongs
from coldwave.new_songs.lists import list_neighbours, list_users
from coldwave.use import left_out
from coldwave.use.folding import ALIKE
from coldwave.use.lift import Lift
from coldwave.use.models import find_model
from coldwave.use.placing import listeners_by_lift
from coldwave.use.predicting import predict

SETTINGS = {"kind": "popularity_estimate", "features": "bow", "refit": False}
BOTH = {"fame": SETTINGS | {"names": True}, "heard_fame": SETTINGS | {"names": False}}


def write_estimates(folder, models):
    """Write a small run, with models that estimate popularity among others."""
    write_run(folder, models={**models, **dict.fromkeys(BOTH, {"kind": "usage"})})
    songs, features = read_table(folder / "plays/songs.parquet"), read_array(folder / "bow/features.npy")
    known = (read_table(folder / "split/split.parquet")["part"] == "train").to_numpy()
    users = count_users(read_table(folder / "plays/plays.parquet"), len(known))
    for name, model in BOTH.items():
        estimate = fit_estimate(users, known, features, songs, [1.0], model["names"])
        write_weights(folder / f"models/{name}/{SEED}.safetensors", estimate.tensors(), model, fitted_on=known)
        write_array(folder / f"predictions/{name}/{SEED}.npy", predict_parts(estimate, known, features, songs)[ALL])
        write_array(folder / f"predictions/{name}/{SEED}.users.npy", np.ones((90, 1), dtype=np.float32))
    change_config(folder, models=BOTH)
    return coldwave.load(folder)


@pytest.fixture(scope="module")
def famed(tmp_path_factory):
    return write_estimates(tmp_path_factory.mktemp("use") / "famed", {"linear": MODELS["linear"], "knn": MODELS["knn"]})


@pytest.mark.parametrize("name", BOTH)
def test_a_song_that_comes_later_is_estimated_as_one_of_the_run(famed, name):
    model = find_model(famed.files, name)
    songs = np.flatnonzero(~famed.files.training).tolist()
    found = predict(as_new(famed, songs), model)
    np.testing.assert_allclose(found, model.songs[songs], atol=1e-5)
    alone = predict(as_new(famed, [NO_AUDIO]), model)
    assert np.isfinite(alone).all() == model.settings["names"]


def test_all_are_ranked_alike_and_no_song_is_the_reason(famed):
    lists = [famed.recommend(user, among="all", model="fame") for user in ("u0000", "u0031")]
    lists.append(famed.recommend(plays={"S001": 3, "S002": 1}, among="all", model="fame"))
    expected = famed.files.array(f"predictions/fame/{SEED}.npy")[:, 0]
    for found in lists:
        assert found.table["song_id"].to_list() == lists[0].table["song_id"].to_list()
        assert found.table["score"].to_list() == sorted(found.table["score"], reverse=True)
        assert found.table["score"].to_numpy() == pytest.approx(expected[found.table["song"].to_numpy()])
        assert found.table["why"].is_null().all() and ALIKE in found.notes
    why = famed.why("u0031", "S005", model="fame", seconds=False)
    assert why.score == why.rest == pytest.approx(expected[5]) and set(why.table["part"]) == {0.0}


@pytest.mark.parametrize("name", BOTH)
def test_seconds_are_heard_beside_the_songs_own_names(famed, name, monkeypatch):
    model, features = find_model(famed.files, name), famed.files.array("bow/features.npy")
    bags = np.arange(3), features[[9, 10, 11]]  # of all that is heard of a song, and without each of two segments
    monkeypatch.setattr(left_out, "_bags", lambda files, log_mel: bags)
    _, found = left_out.predicted_without(model, np.zeros((0, 128)), 9)
    weights = model.weights()[0]["weights"][0, :-1]
    np.testing.assert_allclose(found[0], model.songs[9], atol=1e-5)
    np.testing.assert_allclose(found[1:, 0] - found[0, 0], (bags[1][1:] - bags[1][0]) @ weights, atol=1e-5)


def test_it_never_recommends_by_itself_where_another_model_listens(famed, tmp_path):
    users = famed.files.array(f"predictions/fame/{SEED}.users.npy")
    assert famed.default_model[0] in ("linear", "knn")
    assert users.shape == (90, 1) and "fame" not in famed.default_model[1][0]
    alone = write_estimates(tmp_path / "alone", {})
    assert alone.default_model[0] in BOTH


def test_a_new_song_stands_out_for_nobody_in_particular(famed):
    heard = as_new(famed, [9])
    assert listeners_by_lift(famed._resources, heard, 5, "fame")[0].is_empty()
    assert listeners_by_lift(famed._resources, heard, 5, "linear")[0].height == 5
    every = Lift(np.ones((1, 1)), np.array([[1.0], [2.0]]))  # a run of one user
    assert every.best(np.array([5.0]), 3)[0].tolist() == [0]


def test_new_songs_have_no_neighbours_by_how_popular_they_are(famed):
    songs, features = famed.songs[[9, 19]], famed.files.array("bow/features.npy")[[9, 19]]
    vectors = {(FEATURES, "bow", None): features}
    vectors |= {(PREDICTIONS, name, SEED): np.asarray(find_model(famed.files, name).songs[[9, 19]])
                for name in ("linear", "fame")}  # fmt: skip
    new = NewSongs(songs.with_columns(batch=pl.lit("first")), vectors)
    none = NewSongs(new.songs.clear(), {})
    assert set(list_neighbours(famed.files, new, none, 3)["name"]) == {"bow", "linear"}
    assert set(list_users(famed.files, new, 3)["model"]) == {"linear"}
