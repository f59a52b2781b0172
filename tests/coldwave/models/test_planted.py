"""A model that is told what was planted: its features by hand, and its predictions by scikit-learn."""

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from coldwave.errors import InputError
from coldwave.files import read_array, write_array, write_table
from coldwave.models.planted import TRAITS, trait_features
from coldwave.world.raw_files import draw_world
from coldwave.world.styles import ORDER_FREE, ORDER_ONLY


@pytest.fixture(scope="module")
def world():
    return draw_world(songs=120, artists=60, users=30, seed=7)


def expected(truth, traits):
    """The traits as columns of zero mean and unit variance, scenes one by one."""
    columns = truth.select(name for name in TRAITS[traits] if name != "scene").to_numpy().astype(np.float64)
    if traits == "all":
        columns = np.hstack([columns, truth.select("scene").to_dummies().to_numpy()])
    return StandardScaler().fit_transform(columns)


@pytest.mark.parametrize(("traits", "number"), [("order_free", 9), ("audible", 12), ("all", 22)])
def test_what_it_is_told_in_the_order_of_the_songs(world, traits, number):
    ids = world.truth["song_id"].sort()
    found = trait_features(world.truth, ids, traits)
    assert found.shape == (120, number)
    assert found.dtype == np.float32
    table = expected(world.truth.sort("song_id"), traits)
    gram = table @ table.T  # the same in whatever order the columns are
    assert found @ found.T == pytest.approx(gram, abs=1e-3)


def test_what_cannot_be_heard_is_told_to_one_alone():
    heard = {*ORDER_FREE, *ORDER_ONLY, "swing"}
    assert set(TRAITS["order_free"]) < set(TRAITS["audible"]) == heard < set(TRAITS["all"])
    assert set(TRAITS["all"]) - heard == {"scene", "fame", "luck"}


def test_a_song_without_truth_is_refused(world):
    with pytest.raises(InputError, match="lacks 1 of 2 songs"):
        trait_features(world.truth, pl.Series(["nobody's", world.truth["song_id"][0]]), "audible")


def test_predictions_are_those_of_scikit_learn(world, script, tmp_path):
    songs = world.truth.select("song_id").sample(120, seed=1, shuffle=True)
    rng = np.random.default_rng(0)
    features = expected(songs.join(world.truth, on="song_id", how="left", maintain_order="left"), "audible")
    factors = (features[:, :4] @ rng.standard_normal((4, 3)) + rng.standard_normal((120, 3))).astype(np.float32)
    part = np.array(["train"] * 70 + ["validation"] * 20 + ["test"] * 30)
    split = pl.DataFrame({"song": np.arange(120), "part": part})
    for name, frame in (("truth", world.truth), ("songs", songs), ("split", split)):
        write_table(tmp_path / f"{name}.parquet", frame, frame.schema)
    write_array(tmp_path / "factors.npy", factors)
    write_array(tmp_path / "users.npy", rng.standard_normal((50, 3)).astype(np.float32))
    script("predict_planted")(
        truth=tmp_path / "truth.parquet", songs=tmp_path / "songs.parquet", split=tmp_path / "split.parquet",
        user_factors=tmp_path / "users.npy", song_factors=tmp_path / "factors.npy", predictions=tmp_path / "1.npy",
        options={"traits": "audible", "strengths": [0.5], "refit": False},
    )  # fmt: skip
    training = part == "train"
    alpha = 0.5 * 70 * features[training].var(axis=0).mean()
    ridge = Ridge(alpha=alpha).fit(features[training], factors[training])
    found = read_array(tmp_path / "1.npy")
    assert found[~training] == pytest.approx(ridge.predict(features[~training]), abs=1e-4)
    for song in (0, 33, 69):  # a song learnt from is predicted by the regression without it, about the mean of all
        others = training & (np.arange(120) != song)
        without = Ridge(alpha=alpha).fit(features[others], factors[others])
        common = factors[training].mean(axis=0) - factors[others].mean(axis=0)
        assert found[song] == pytest.approx(without.predict(features[[song]])[0] + common, abs=1e-4)
