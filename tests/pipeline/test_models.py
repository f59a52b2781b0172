"""Networks with all that may be added to them, among the tiny models: one that ranks, and one that hears time."""

import numpy as np
import polars as pl
import pytest
import yaml

from coldwave.models.weights import read_weights
from tests.conftest import ROOT

SEED = 3
RANKING = {
    "kind": "cnn", "objective": "sampled_softmax", "plays_per_song": 8, "window": 40, "channels": [8], "dense": [16],
    "normalization": "batch", "blocks": "residual", "pooling": "attention", "dropout": 0.1, "mask_bands": 8,
    "mask_frames": 8, "mixup": 0.4, "schedule": "cosine", "warm_up": 1, "averaging": 0.5, "batch_size": 8, "epochs": 2,
    "accelerator": "cpu",
}  # fmt: skip
DEFAULT = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["models"]["cnn_time"]
TIME = DEFAULT | {
    "window": 40, "channels": [8], "dense": [16], "batch_size": 8, "steps": 8, "members": 2, "accelerator": "cpu",
}  # fmt: skip
NETWORKS = {"cnn_ranking": RANKING, "cnn_time": TIME}
NETWORK = {"models": {**NETWORKS, "cnn_mse": None, "cnn_wpe": None}, "audit": {"canary": ["cnn"]}}
MADE = ["results/tiny/tables/leakage.parquet", "results/tiny/tables/recommendation.parquet"]
JOBS = {"train_cnn": 2, "predict_cnn": 2, "evaluate_model": 2}


@pytest.fixture(scope="module")
def ranked(tiny, tmp_path_factory):
    place = tiny.copy(tmp_path_factory.mktemp("copies") / "ranked")
    planned = {rule: jobs for rule, jobs in place.plan(overlay=NETWORK).items() if rule in JOBS or "wmf" in rule}
    place.make(targets=MADE, overlay=NETWORK)
    return place, planned


def test_it_is_trained_predicts_and_is_scored_beside_the_others(ranked, tiny):
    place, planned = ranked
    assert planned == JOBS
    for name in NETWORKS:
        predicted = place.array(f"predictions/{name}/{SEED}.npy")
        assert predicted.shape == tiny.array("wmf/song_factors.npy").shape
        assert (
            np.isfinite(predicted).all(axis=1).sum()
            == np.isfinite(tiny.array(f"predictions/cnn_mse/{SEED}.npy")).all(axis=1).sum()
        )
        assert name in place.table("tables/recommendation.parquet")["model"].to_list()
        assert np.ptp(predicted, axis=0).min() > 1e-4, "songs differ"


def test_the_network_that_hears_time_has_its_members_and_learns_from_validation_songs(ranked):
    place, _ = ranked
    tensors, settings = read_weights(place.results / f"models/cnn_time/{SEED}.safetensors")
    assert {name.split(".")[1] for name in tensors if name.startswith("networks.")} == {"0", "1"}
    assert {key: settings[key] for key in TIME if key in settings} == {k: v for k, v in TIME.items() if k in settings}
    audited = place.table("tables/leakage.parquet").filter(pl.col("of").str.contains("cnn_time"))
    assert set(audited["result"]) == {"passed"}
    assert audited["detail"].str.contains("the same bytes").any()


def test_what_is_planned_after_its_settings_change(ranked):
    place, _ = ranked
    assert place.plan(targets=MADE, overlay=NETWORK) == {}
    colder = NETWORK | {"models": NETWORK["models"] | {"cnn_ranking": RANKING | {"temperature": 0.2}}}
    jobs = place.plan(targets=MADE, overlay=colder)
    assert {rule: jobs[rule] for rule in JOBS} == dict.fromkeys(JOBS, 1)
    confidences = place.plan(targets=MADE, overlay=NETWORK | {"wmf": {"alpha": 3.0}})
    assert confidences["train_cnn"] == 2  # by the factors, as every network


def test_it_reads_the_plays_and_the_user_factors(ranked):
    place, _ = ranked
    summary = place.make("--detailed-summary", overlay=NETWORK).output
    (line,) = [row for row in summary.splitlines() if f"models/cnn_ranking/{SEED}.safetensors" in row.split("\t")[0]]
    assert "plays/plays.parquet" in line
    assert "wmf/user_factors.npy" in line


def test_no_play_of_a_test_song_reaches_it(ranked):
    """Plays of test songs are taken away, but for the factors of the songs' own plays, and it is trained again."""
    place, _ = ranked
    weights = place.results / f"models/cnn_ranking/{SEED}.safetensors"
    before = weights.read_bytes()
    plays = place.table("plays/plays.parquet")
    kept = plays.filter(~plays["song"].is_in(place.part("test").tolist()))
    assert len(kept) < len(plays)
    kept.write_parquet(place.results / "plays/plays.parquet")
    weights.unlink()
    place.make("--allowed-rules", "train_cnn", targets=[f"results/tiny/models/cnn_ranking/{SEED}.safetensors"],
               overlay=NETWORK)  # fmt: skip
    assert weights.read_bytes() == before
