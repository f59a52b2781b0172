"""Several runs of the whole pipeline in one command, on folds and with all plays seen; and a split of one's own."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

ROOT = Path(__file__).parents[2]
TINY = Path(__file__).with_name("tiny.yaml")
DEAF = dict.fromkeys(("mean", "knn", "mlr", "linear", "mlp", "cnn_mse", "cnn_wpe", "popularity", "names",
                      "names_and_linear"))  # fmt: skip


@pytest.fixture(scope="module")
def without_audio(tiny):
    """A config that reads the tiny world's plays, and nothing that has to be heard or named."""
    plays = {"path": str(tiny.results / "world/train_triplets.txt"), "songs": {"path": None}}
    return {"world": None, "plays": {**plays, "songs_without_audio": "keep"}, "models": DEAF, "warm": None}


@pytest.fixture(scope="module")
def folds(tiny, without_audio, home, tmp_path_factory):
    """Two folds run by one command; the config that they ran with, and what was printed."""
    place = type(tiny)(tmp_path_factory.mktemp("folds"), home)
    config = place.folder / "mine.yaml"
    settings = without_audio | {"run": "mine", "protocol": "transductive", "split": {"validation": 0.2}}
    config.write_text(yaml.safe_dump(settings))
    command = [sys.executable, "-m", "coldwave.command.cli", "repeat", "--folds", "2", "--", "--cores", "2"]
    command += ["--snakefile", ROOT / "Snakefile", "--directory", place.folder, "--quiet", "all"]
    command += ["--configfile", TINY, config]
    environment = place.environment | {"PYTHONPATH": str(ROOT / "scripts"), "PATH": os.environ["PATH"]}
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=home, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return place, settings, done.stdout


def test_folds_are_run_and_pooled_by_one_command(folds):
    place, _, printed = folds
    results = place.folder / "results"
    assert sorted(path.name for path in results.iterdir()) == ["mine-fold1", "mine-fold2", "mine-folds"]
    splits = [pl.read_parquet(results / f"mine-fold{fold}/split/split.parquet")["part"] == "test" for fold in (1, 2)]
    assert (splits[0] ^ splits[1]).all()
    # the two folds' factors saw the same plays, all of them
    factors = [(results / f"mine-fold{fold}/wmf/user_factors.npy").read_bytes() for fold in (1, 2)]
    assert factors[0] == factors[1]
    audited = pl.read_parquet(results / "mine-fold1/tables/leakage.parquet")
    assert "differs: sees all plays" in audited["detail"].to_list()
    pooled = pl.read_parquet(results / "mine-folds/tables/recommendation.parquet")
    tables = [pl.read_parquet(results / f"mine-fold{fold}/tables/recommendation.parquet") for fold in (1, 2)]
    assert pooled["model"].to_list() == ["random", "usage", "usage_in_sample"]
    assert pooled["songs"].to_list() == [40, 40, 40]
    assert pooled["auc"].to_numpy() == pytest.approx(np.mean([table["auc"] for table in tables], axis=0))
    assert pooled["auc_sd"].to_numpy() == pytest.approx(np.std([table["auc"] for table in tables], axis=0, ddof=1))
    assert "Protocol: transductive." in printed
    assert "one of 2 folds" in printed


def test_without_audio_and_tags_only_usage_is_told_of(folds):
    """No model hears anything, and the songs have neither names nor tags: the figures of audio are left out."""
    place, settings, _ = folds
    results = place.folder / "results/mine-fold1"

    def table(path):
        return pl.read_parquet(results / path)

    assert not {"draw_filters", "draw_spectrograms", "compare_factors", "index_audio"} & {
        path.relative_to(results / "logs").parts[0].partition(".")[0] for path in (results / "logs").rglob("*.log")
    }
    assert table("tables/tags.parquet").is_empty()
    assert "have no tags" in (results / "tables/tags.md").read_text()
    row = table("tables/neighbour_artists.parquet").row(0, named=True)
    assert (row["vectors"], row["queries"], row["same_artist"]) == ("usage factors", 0, None)
    assert set(table("tables/neighbours.parquet")["vectors"]) == {"usage factors"}
    assert table("tables/factors.parquet").height > 0
    assert table("analysis/map.parquet").height == table("split/split.parquet").filter(part="test").height > 0
    assert {path.stem for path in results.glob("figures/*")} == {
        "map", "confidence", "plays_worth_auc", "plays_worth_map", "popularity_strata", "activity_strata",
    }  # fmt: skip
    fold = {"run": "mine-fold1", "split": settings["split"] | {"folds": 2, "fold": 1}}
    assert place.plan(overlay=settings | fold) == {}


def test_a_split_of_ones_own_is_taken_and_a_wrong_one_refused(workplace, without_audio, tiny):
    songs = tiny.table("plays/songs.parquet")
    parts = songs.select("song_id").with_columns(part=pl.Series(["test"] * 10 + ["validation"] * 5 + ["train"] * 25))
    path = workplace.folder / "parts.csv"
    parts.write_csv(path)
    target = ["results/tiny/split/split.parquet"]
    settings = without_audio | {"split": {"path": str(path)}}
    workplace.make(targets=target, overlay=settings)
    assert workplace.table("split/split.parquet")["part"].to_list() == parts["part"].to_list()
    pl.concat([parts, parts.head(1).with_columns(part=pl.lit("train"))]).write_csv(path)
    outcome = workplace.snakemake(targets=target, overlay=settings)
    assert outcome.status == 1
    assert f"{path}: song {songs['song_id'][0]!r} is there twice, in test and train" in outcome.output
