"""A model with attention to catalogues, used without the workflow: its songs get what the run has predicted."""

import shutil

import numpy as np
import polars as pl
import pytest
import torch
from small_runs import SEED, as_new, change_config

import coldwave
from coldwave.files import write_array
from coldwave.models.catalogue_attention.fitting import fit_catalogue
from coldwave.models.catalogue_attention.prediction import predict_by_catalogue
from coldwave.models.names.groups import find_groups
from coldwave.models.weights import write_weights
from coldwave.use.models import find_model
from coldwave.use.predicting import predict
from coldwave.wmf.gram import score_metric

SETTINGS = {
    "strengths": [1.0], "dimensions": 4, "catalogue": 9, "empty": 0.2, "batch_size": 16, "learning_rate": 0.05,
    "weight_decay": 0.01, "epochs": 5, "patience": 5, "refit": False, "accelerator": "cpu",
}  # fmt: skip


@pytest.fixture(scope="module")
def attentive(folder, tmp_path_factory):
    """The small run with one more model, whose attention changes what it predicts."""
    place = shutil.copytree(folder, tmp_path_factory.mktemp("use") / "attentive")
    change_config(place, models={"attentive": {"kind": "catalogue_attention", "features": "bow", **SETTINGS}})
    files = coldwave.load(place).files
    groups, features = find_groups(files.songs), np.asarray(files.array("bow/features.npy"))
    users, factors = (np.asarray(files.array(f"wmf/{name}_factors.npy")) for name in ("user", "song"))
    learnt, _ = fit_catalogue(groups, features, factors, files.training, files.validation, score_metric(users),
                              SETTINGS, SEED, torch.device("cpu"))  # fmt: skip
    attention = learnt.attention._replace(sharpness=np.float32(2), share=np.array(1, dtype=np.float32))
    learnt = learnt._replace(attention=attention)
    write_weights(place / f"models/attentive/{SEED}.safetensors", learnt.tensors(), SETTINGS, files.training)
    predicted = predict_by_catalogue(groups, factors, files.training, features, learnt)
    write_array(place / f"predictions/attentive/{SEED}.npy", predicted)
    return coldwave.load(place)


def test_new_songs_are_predicted_as_the_run_predicts_its_own(attentive):
    new = np.flatnonzero(~attentive.files.training)
    model = find_model(attentive.files, "attentive")
    for ids in ({}, {"song_id": pl.lit("new ") + pl.col("song_id")}):
        found = predict(as_new(attentive, new, **ids), model)
        np.testing.assert_allclose(found, model.songs[new], atol=1e-5)
    assert not model.learnt.any()


def test_a_song_of_the_run_is_not_beside_itself(attentive):
    """It is predicted as the run predicts it, but for the regression, which the run takes without the song."""
    known = np.flatnonzero(attentive.files.training)
    known = known[np.isfinite(attentive.files.array("bow/features.npy")[known]).all(axis=1)]
    model = find_model(attentive.files, "attentive")
    tensors, _ = model.weights()
    for song in known[:12]:
        features = attentive.files.array("bow/features.npy")[song]
        further = features @ tensors["weights"].T + tensors["intercept"] - tensors["left_out"][song]
        found = predict(as_new(attentive, [song]), model)[0]
        np.testing.assert_allclose(found - further, model.songs[song], atol=1e-4)


def test_a_new_song_of_a_new_artist_goes_by_its_sound(attentive):
    model = find_model(attentive.files, "attentive")
    new = np.flatnonzero(~attentive.files.training)
    found = predict(as_new(attentive, new, artist=pl.lit(None, pl.String), album=pl.lit(None, pl.String),
                          song_id=pl.lit("new ") + pl.col("song_id")), model)  # fmt: skip
    tensors, _ = model.weights()
    sound = np.asarray(attentive.files.array("bow/features.npy")[new]) @ tensors["weights"].T + tensors["intercept"]
    np.testing.assert_allclose(np.ptp(found - sound, axis=0), 0, atol=1e-4)
    assert np.abs(found - model.songs[new]).max() > 1e-3
