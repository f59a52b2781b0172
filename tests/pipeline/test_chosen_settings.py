"""A run that chooses the settings of its factorisation: all that reads them takes the chosen ones."""

import numpy as np
import polars as pl
import pytest

from coldwave.analysis.confidences import caption, distinct_confidences
from coldwave.models.weights import read_weights

GRID = {"factors": [2, 5], "alpha": [1.0, 8.0], "regularization": [0.1, 1.0]}
OVERLAY = {
    "wmf": {**GRID, "choice": {"draws": 2}},
    "models": dict.fromkeys(("knn", "mlr", "mlp", "cnn_mse", "popularity", "names", "names_and_linear")),
    "audit": {"canary": ["wmf"]},
}
MADE = ["tables/leakage.md", "figures/confidence.svg", "tables/warm.md", "predictions/linear/3.npy", "tables/tuning.md"]
SEARCH = {"tuning": {"model": "linear", "trials": 1}}


@pytest.fixture(scope="module")
def place(tiny, tmp_path_factory):
    place = tiny.copy(tmp_path_factory.mktemp("chosen") / "copy")
    done = place.make(targets=[f"results/tiny/{path}" for path in MADE], overlay=OVERLAY | SEARCH).done
    assert {"choose_wmf", "factorise_plays", "evaluate_warm", "train_cnn", "draw_confidences", "tune"} <= set(done)
    return place


@pytest.fixture(scope="module")
def chosen(place):
    return place.table("wmf/chosen.parquet").row(0, named=True)


def test_the_chosen_settings_are_those_of_the_grid_that_is_marked(place, chosen):
    grid = place.table("tables/wmf_grid.parquet")
    assert grid.height == 8
    assert chosen == grid.filter("chosen").select(*GRID).row(0, named=True)
    assert set(chosen) == set(GRID)
    assert (place.results / "figures/wmf_grid.svg").read_text().startswith("<svg")


def test_the_factorisation_has_the_chosen_settings(place, chosen):
    users, songs = (place.array(f"wmf/{name}_factors.npy").astype(np.float64) for name in ("user", "song"))
    assert users.shape[1] == chosen["factors"]
    plays = place.table("plays/plays.parquet")
    counts = np.zeros((len(users), len(songs)))
    counts[plays["user"], plays["song"]] = plays["count"]
    weights = 1 + chosen["alpha"] * np.log1p(counts)
    for song in place.part("test"):  # folded in exactly
        weighted = users * weights[:, song : song + 1]
        system = users.T @ weighted + chosen["regularization"] * np.eye(chosen["factors"])
        assert songs[song] == pytest.approx(np.linalg.solve(system, weighted.T @ (counts[:, song] > 0)), abs=1e-3)


def test_all_that_reads_the_settings_takes_the_chosen_ones(place, chosen):
    counts = place.table("plays/plays.parquet")["count"]
    words = caption(*distinct_confidences(counts, chosen["alpha"], 1.0), chosen["alpha"], 1.0)
    assert words in (place.results / "figures/confidence.svg").read_text()
    assert read_weights(place.results / "models/cnn_wpe/3.safetensors")[1]["alpha"] == chosen["alpha"]
    first = place.table("tables/tuning.parquet").row(0, named=True)
    assert {key: first[f"wmf.{key}"] for key in GRID} == chosen, "a search starts from them"


def test_the_audit_chooses_again_without_the_held_out_songs_plays(place):
    rows = place.table("tables/leakage.parquet")
    assert rows.filter(pl.col("of") == "wmf/chosen.parquet")["result"].to_list() == ["passed"]
    assert rows.filter(pl.col("of") == "choose_wmf")["result"].to_list() == ["passed"]
    assert rows.filter(result="failed").is_empty()


def test_another_grid_with_the_same_choice_learns_nothing_again(place, chosen):
    others = {key: [chosen[key], next(value for value in GRID[key] if value != chosen[key])] for key in GRID}
    changed = OVERLAY | SEARCH | {"wmf": others | {"choice": {"draws": 2}}}
    targets = [f"results/tiny/{path}" for path in ("wmf/song_factors.npy", "figures/confidence.svg")]
    assert place.make(targets=targets, overlay=changed).done in ([], ["choose_wmf"])
