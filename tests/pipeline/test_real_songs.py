"""The workflow on real songs and what real people heard of them: mp3 files, a manifest, ids of their own."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

SONGS = 40


@pytest.fixture
def emotify() -> Path:
    """The folder of the Emotify clips."""
    folder = Path(os.environ.get("COLDWAVE_DATA", "nowhere")) / "emotify"
    if not folder.is_dir():
        pytest.skip("COLDWAVE_DATA does not name a folder with emotify/")
    return folder


def test_from_mp3_to_the_table(workplace, emotify):
    plays = {
        "path": str(emotify / "heard.tsv"),
        "songs": {"path": str(emotify / "tracks.csv"), "columns": {"tags": "genre"}},
        "top_songs": SONGS,
    }
    # the paper's window of 3 s: 30-second clips give ten of them
    models = {"cnn_mse": {"window": 129}, "cnn_wpe": None}
    others = {"evaluation": {"cutoff": 500}, "audit": {"canary": []}}
    workplace.make(overlay={"world": None, "plays": plays, "models": models} | others)
    songs = workplace.table("plays/songs.parquet")
    assert songs.height == SONGS
    heard = pl.read_csv(emotify / "heard.tsv", separator="\t", has_header=False, new_columns=["user", "song", "count"])
    popular = heard.group_by("song").agg(pl.col("count").sum()).sort("count", descending=True)["count"].head(SONGS)
    assert songs["plays"].sort(descending=True).to_list() == popular.to_list()
    assert songs["tags"].explode().n_unique() > 1
    index = workplace.table("audio/index.parquet")
    assert index["status"].to_list() == ["ok"] * SONGS
    assert index["seconds"].to_numpy() == pytest.approx(30, abs=0.5)
    assert np.isfinite(workplace.array("predictions/cnn_mse/3.npy")).all()
    table = workplace.table("tables/recommendation.parquet")
    assert table["map_500"].is_between(0, 1).all()
    assert table.filter(kind="usage")["auc"][0] > table.filter(kind="random")["auc"][0]
