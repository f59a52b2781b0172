"""The whole model in made worlds: where attention must win, where it must not, and the controls."""

import numpy as np
import polars as pl
import pytest
import torch

from coldwave.errors import InputError
from coldwave.models.catalogue_attention.fitting import fit_catalogue
from coldwave.models.catalogue_attention.prediction import Learnt, predict_by_catalogue
from coldwave.models.learning_curve import CURVE_SCHEMA
from coldwave.models.linear import predict_linear
from coldwave.models.names.groups import find_groups
from coldwave.models.names.prediction import Heard, predict_names

SETTINGS = {
    "strengths": [0.1, 1.0, 10.0], "dimensions": 8, "catalogue": 12, "empty": 0.2, "batch_size": 160,
    "learning_rate": 0.05, "weight_decay": 0.01, "epochs": 40, "patience": 10, "refit": True,
}  # fmt: skip
NUMBER = 1200
TRAINING, VALIDATION = np.arange(NUMBER) < 800, (np.arange(NUMBER) >= 800) & (np.arange(NUMBER) < 1000)
NEW = np.arange(NUMBER) >= 1000
PARTS = ("both", "names", "linear", "names on linear")


def world(seed=0, artists=60, styles=1.0, name=0.5, sound=0.7):
    """Each artist has two styles, which can be heard, and whose listeners are the artist's own; and noise.

    ``styles`` is how far the two are apart, ``name`` how far artists are, ``sound`` what a trait tells of any song.
    """
    rng = np.random.default_rng(seed)
    artist, style = rng.integers(artists, size=NUMBER), rng.integers(2, size=NUMBER)
    features = rng.standard_normal((NUMBER, 6))
    features[:, 0] = 2 * (2 * style - 1) + 0.3 * features[:, 0]
    ways = styles * rng.standard_normal((artists, 3))
    ways = np.stack((ways, -ways)) + name * rng.standard_normal((artists, 3))
    factors = ways[style, artist] + sound * features[:, 1:2] * [1, -1, 1] + 0.4 * rng.standard_normal((NUMBER, 3))
    return artist, features.astype(np.float32), factors.astype(np.float32)


def grouped(artist):
    ids = [f"s{n}" for n in range(len(artist))]
    return find_groups(pl.DataFrame({"song_id": ids, "artist": [f"a{n}" for n in artist], "album": [None] * len(ids)},
                                    schema=dict.fromkeys(("song_id", "artist", "album"), pl.String)))  # fmt: skip


def fit(artist, features, factors, seed=1, **changed):
    """What is learnt, its curve, and the known songs."""
    settings = SETTINGS | changed
    learnt, curve = fit_catalogue(grouped(artist), features, factors, TRAINING, VALIDATION, np.eye(3), settings, seed,
                                  torch.device("cpu"))  # fmt: skip
    return learnt, curve, TRAINING | (VALIDATION if settings["refit"] else False)


def errors(artist, features, factors, **changed):
    """Mean squared errors on new songs, by part, and what was learnt."""
    learnt, _, known = fit(artist, features, factors, **changed)
    groups, names = grouped(artist), learnt.names
    heard = predict_linear(features, learnt.weights, learnt.intercept, learnt.left_out)
    alone = names._replace(ratios=names.alone, means=names.means[[1, 1]])
    predicted = [
        predict_by_catalogue(groups, factors, known, features, learnt),
        predict_names(groups, factors, known, alone),
        heard,
        predict_names(groups, factors, known, names, Heard.as_new(heard)),
    ]
    squares = [np.square(factors - one)[NEW].sum(axis=1).mean() for one in predicted]
    return dict(zip(PARTS, squares, strict=True)), learnt


@pytest.mark.parametrize("refit", [True, False])
def test_it_wins_where_an_artists_listeners_go_by_what_is_heard(refit):
    found, learnt = errors(*world(), refit=refit)
    assert found["both"] < 0.5 * min(found["names"], found["linear"], found["names on linear"])
    assert learnt.attention.share > 0.9 and learnt.attention.sharpness > 1


def test_it_wins_where_the_artists_mean_alone_tells_nothing():
    found, _ = errors(*world(name=0.0, sound=0.0))
    assert found["names"] > 0.95 * found["linear"]  # neither name nor sound by itself
    assert found["both"] < 0.5 * found["names on linear"]


def test_without_styles_it_is_names_on_linear():
    for seed in range(3):
        found, learnt = errors(*world(seed, styles=0.0))
        assert found["both"] == pytest.approx(found["names on linear"], rel=0.02)
        assert found["both"] < min(found["names"], found["linear"])


def test_validation_songs_are_not_flattered_where_nothing_is_to_be_learnt():
    """Where features are noise, a pair that was learnt one way must not count as found the other way."""
    artist, _, factors = world(styles=1.0, sound=0.0)
    features = np.random.default_rng(3).standard_normal((NUMBER, 40)).astype(np.float32)
    _, curve, _ = fit(artist, features, factors, dimensions=40, patience=40, epochs=15)
    assert curve["train_loss"][-1] < 0.95 and curve["validation_loss"][-1] > 1.02


def test_with_artists_dealt_out_it_is_sound_alone():
    artist, features, factors = world()
    dealt, _ = errors(np.random.default_rng(5).permutation(artist), features, factors)
    assert dealt["both"] == pytest.approx(dealt["linear"], rel=0.03)
    as_it_is, _ = errors(artist, features, factors)
    assert as_it_is["both"] < 0.5 * dealt["both"]


def test_with_audio_dealt_out_it_is_names_alone():
    artist, features, factors = world(name=1.0, styles=0.7)
    dealt, _ = errors(artist, np.random.default_rng(5).permutation(features), factors)
    assert dealt["both"] == pytest.approx(dealt["names"], rel=0.03)
    as_it_is, _ = errors(artist, features, factors)
    assert as_it_is["both"] < 0.6 * dealt["both"]


def test_a_new_artist_gets_what_is_heard_and_one_constant():
    artist, features, factors = world()
    artist[NEW] = 1000 + np.arange(NEW.sum())
    learnt, _, known = fit(artist, features, factors)
    found = predict_by_catalogue(grouped(artist), factors, known, features, learnt)
    heard = predict_linear(features, learnt.weights, learnt.intercept)
    assert learnt.attention.share > 0.5
    np.testing.assert_allclose(np.ptp((found - heard)[NEW], axis=0), 0, atol=1e-5)


def test_a_song_without_audio_is_predicted_by_names_alone():
    artist, features, factors = world()
    features[[3, 900, 1100]] = np.nan
    learnt, _, known = fit(artist, features, factors)
    found = predict_by_catalogue(grouped(artist), factors, known, features, learnt)
    assert np.isfinite(found).all()
    by_names = predict_names(grouped(artist), factors, known, learnt.names)
    np.testing.assert_allclose(found[1100], by_names[1100], atol=1e-5)


def test_no_test_song_reaches_it_and_a_songs_own_factors_do_not_reach_its_prediction():
    artist, features, factors = world()
    learnt, curve, known = fit(artist, features, factors, epochs=3)
    others = np.where(NEW[:, None], 7, factors), np.where(NEW[:, None], 3, features)
    again, same, _ = fit(artist, others[1].astype(np.float32), others[0].astype(np.float32), epochs=3)
    assert all(np.array_equal(one, again.tensors()[name], equal_nan=True) for name, one in learnt.tensors().items())
    assert curve.drop("seconds").equals(same.drop("seconds"))
    learnt = learnt._replace(attention=learnt.attention._replace(share=np.float32(1), sharpness=np.float32(2)))
    before = predict_by_catalogue(grouped(artist), factors, known, features, learnt)
    for song in (0, 900, 1100):
        other = factors.copy()
        other[song] += 5
        after = predict_by_catalogue(grouped(artist), other, known, features, learnt)
        np.testing.assert_allclose(after[song], before[song], atol=1e-5)
        assert (np.abs(after - before).max() > 0.1) == known[song]


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    made = world()
    first, again, other = (fit(*made, seed=seed, epochs=3)[0].attention for seed in (1, 1, 2))
    assert all(one.tobytes() == two.tobytes() for one, two in zip(first, again, strict=True))
    assert first.projection.tobytes() != other.projection.tobytes()


def test_its_curve_begins_without_attention_and_the_best_epoch_is_kept():
    _, curve, _ = fit(*world(), epochs=5)
    assert curve.schema == CURVE_SCHEMA
    first = curve.row(0, named=True)
    assert (first["epoch"], first["train_loss"], first["validation_loss"]) == (0, 1, 1)
    assert curve.filter("best")["validation_loss"].to_list() == [curve["validation_loss"].min()]
    assert curve["validation_loss"].min() < 0.8


def test_what_was_learnt_survives_as_arrays():
    artist, features, factors = world()
    learnt, _, known = fit(artist, features, factors, epochs=3)
    tensors = learnt.tensors()
    assert all(isinstance(one, np.ndarray) for one in tensors.values())
    again = Learnt.of(tensors)
    one, two = (predict_by_catalogue(grouped(artist), factors, known, features, each) for each in (learnt, again))
    assert np.array_equal(one, two)


def test_no_validation_song_with_features_is_an_error():
    artist, features, factors = world()
    features[VALIDATION] = np.nan
    with pytest.raises(InputError, match="no validation song has features"):
        fit(artist, features, factors)


def test_with_one_training_song_it_is_names_on_linear():
    artist, features, factors = (one[:12] for one in world())
    training, groups = np.arange(12) < 1, grouped(artist)
    learnt, _ = fit_catalogue(groups, features, factors, training, ~training, np.eye(3), SETTINGS, 1,
                              torch.device("cpu"))  # fmt: skip
    assert learnt.attention.share == 0
    assert np.isfinite(predict_by_catalogue(groups, factors, np.ones(12, bool), features, learnt)).all()
