"""A contrastive model beside the tiny ones: made, scored and audited, and of no play of a test song."""

import numpy as np
import polars as pl
import pytest

SEED = 3
TOWER = {"kind": "contrastive", "hidden": 8, "batch_size": 64, "epochs": 2, "accelerator": "cpu"}
OVERLAY = {"models": {"tower": TOWER, "cnn_mse": None, "cnn_wpe": None}, "audit": {"canary": ["contrastive"]}}
MADE = ["results/tiny/tables/leakage.parquet", "results/tiny/tables/recommendation.parquet"]
JOBS = {"train_contrastive": 1, "predict_contrastive": 1, "evaluate_model": 1}


@pytest.fixture(scope="module")
def made(tiny, tmp_path_factory):
    place = tiny.copy(tmp_path_factory.mktemp("copies") / "contrastive")
    planned = {rule: jobs for rule, jobs in place.plan(overlay=OVERLAY).items() if rule in JOBS or "wmf" in rule}
    place.make(targets=MADE, overlay=OVERLAY)
    return place, planned


def test_it_is_scored_beside_the_others_by_users_of_its_own(made):
    place, planned = made
    assert planned == JOBS
    songs, users = (place.array(f"predictions/tower/{SEED}{end}.npy") for end in ("", ".users"))
    heard = np.isfinite(songs).all(axis=1)
    assert (heard == np.isfinite(place.array("bow/features.npy")).all(axis=1)).all()
    assert np.linalg.norm(songs[heard], axis=1) == pytest.approx(1, abs=1e-5)
    assert users.shape == (80, songs.shape[1]) and np.isfinite(users).all()
    assert "tower" in place.table("tables/recommendation.parquet")["model"].to_list()
    curve = place.table(f"models/tower/{SEED}.parquet")
    assert curve["epoch"].to_list() == [0, 1, 2] and curve["best"].sum() == 1


def test_the_audit_learns_it_again_to_the_same_bytes(made):
    place, _ = made
    audited = place.table("tables/leakage.parquet").filter(pl.col("of").str.contains("tower"))
    assert set(audited["result"]) == {"passed"}
    assert audited["detail"].str.contains("the same bytes").any()


def test_no_play_of_a_test_song_reaches_it(made):
    place, _ = made
    weights, curve = (place.results / f"models/tower/{SEED}.{end}" for end in ("safetensors", "parquet"))
    before = weights.read_bytes(), curve.read_bytes()
    plays = place.table("plays/plays.parquet")
    plays.filter(~plays["song"].is_in(place.part("test").tolist())).write_parquet(place.results / "plays/plays.parquet")
    weights.unlink()
    place.make("--allowed-rules", "train_contrastive", targets=[f"results/tiny/models/tower/{SEED}.safetensors"],
               overlay=OVERLAY)  # fmt: skip
    assert (weights.read_bytes(), curve.read_bytes()) == before
