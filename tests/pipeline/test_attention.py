"""Attention to catalogues among the tiny models: learnt, predicted with, scored, and audited."""

import numpy as np
import polars as pl
import pytest

from coldwave.models.weights import read_fitted_on, read_weights

SEED = 3
MODEL = {"kind": "catalogue_attention", "dimensions": 4, "batch_size": 8, "epochs": 3, "patience": 3}
OVERLAY = {"models": {"attentive": MODEL}, "audit": {"canary": ["catalogue_attention"]}}
MADE = ["results/tiny/tables/leakage.parquet", "results/tiny/tables/recommendation.parquet"]
JOBS = {"fit_catalogue_attention": 1, "predict_catalogue_attention": 1, "evaluate_model": 1}


@pytest.fixture(scope="module")
def place(tiny, tmp_path_factory):
    place = tiny.copy(tmp_path_factory.mktemp("copies") / "attentive")
    planned = place.plan(targets=MADE, overlay=OVERLAY)
    assert {rule: planned[rule] for rule in JOBS} == JOBS
    place.make(targets=MADE, overlay=OVERLAY)
    return place


def test_it_predicts_every_song_and_is_scored_beside_the_others(place):
    predicted = place.array(f"predictions/attentive/{SEED}.npy")
    assert predicted.shape == place.array("wmf/song_factors.npy").shape
    assert np.isfinite(predicted).all()
    assert "attentive" in place.table("tables/recommendation.parquet")["model"].to_list()


def test_it_says_what_it_was_fitted_on_and_keeps_its_settings(place):
    weights = place.results / f"models/attentive/{SEED}.safetensors"
    tensors, settings = read_weights(weights)
    parts = place.table("split/split.parquet").sort("song")["part"]
    assert read_fitted_on(weights).tolist() == parts.is_in(["train", "validation"]).to_list()
    assert {key: settings[key] for key in MODEL if key != "kind"} == {k: v for k, v in MODEL.items() if k != "kind"}
    assert tensors["attention.projection"].shape[1] == 4
    assert place.table(f"models/attentive/{SEED}.parquet")["epoch"].to_list()[0] == 0


def test_no_test_song_reaches_it(place):
    audited = place.table("tables/leakage.parquet").filter(pl.col("of").str.contains("attentive"))
    assert set(audited["result"]) == {"passed"}
    assert audited["detail"].str.contains("the same bytes").any()
