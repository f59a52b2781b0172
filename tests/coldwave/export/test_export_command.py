"""``coldwave export``: what it writes where, and what it refuses."""

import json
import shutil

import polars as pl
import pytest

from coldwave.command.cli import main
from tests.coldwave.use.small_runs import SEED

EXPORTS = {
    "trec": ("trec/qrels", f"trec/linear.{SEED}.run"),
    "recbole": ("recbole/run/run.inter", "recbole/run/run.train.inter", "recbole/run/run.item"),
    "rectools": ("rectools/interactions.parquet", "rectools/recommendations.parquet"),
    "elliot": ("elliot/train.tsv", "elliot/validation.tsv", "elliot/test.tsv"),
    "split": ("split.csv",),
    "vectors": ("vectors/songs.parquet", "vectors/users.parquet"),
    "top": ("top.parquet",),
    "latex": ("latex/results.tex", "latex/differences.tex"),
}


@pytest.fixture
def folder(odd_folder, tmp_path):
    """A copy of the run."""
    return shutil.copytree(odd_folder, tmp_path / "run")


@pytest.mark.parametrize("what", EXPORTS)
def test_files_are_in_the_folder_of_the_run(folder, capsys, what):
    assert main(["export", what, "--run", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in EXPORTS[what]:
        path = folder / "export" / name
        assert path.stat().st_size
        assert any(line.startswith(f"{path}: ") and line.endswith(" rows") for line in lines)
    assert not [path for path in folder.rglob("*.tmp")]


def test_json_names_the_files(folder, tmp_path, capsys):
    out = tmp_path / "lists.csv"
    arguments = ["top", "--run", str(folder), "--model", "linear", "--seed", "3", "-n", "2", "--among", "test"]
    assert main(["export", *arguments, "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["files"] == [{"path": str(out), "rows": 180}]
    assert said["what"] == "top" and out.read_text(encoding="utf-8").startswith("user_id,rank,song_id,score\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["split", "--model", "linear"], "export split takes no --model"),
        (["vectors", "-n", "3"], "export vectors takes no -n; it takes --model, --seed"),
        (["trec", "--among", "test"], "export trec takes no --among; it takes --model, --seed, -n"),
        (["vectors", "--model", "cnn"], "the run has no model 'cnn'; it has random, knn"),
        (["top", "--seed", "8"], "has no seed 8; it has 3"),
    ],
)
def test_what_does_not_fit_is_refused(folder, capsys, arguments, said):
    assert main(["export", *arguments, "--run", str(folder)]) == 1
    streams = capsys.readouterr()
    assert said in streams.err and streams.out == ""
    assert not (folder / "export").exists()


def test_an_unknown_format_is_refused_by_name(folder, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["export", "spotify", "--run", str(folder)])
    assert stop.value.code == 2
    assert "recbole" in capsys.readouterr().err


def test_a_table_that_is_missing(folder, capsys):
    (folder / "tables/recommendation.parquet").unlink()
    assert main(["export", "latex", "--run", str(folder)]) == 1
    assert "recommendation.parquet: this file of the run is missing" in capsys.readouterr().err


def test_without_test_plays_there_is_nothing_to_rank(folder, capsys):
    split = pl.read_parquet(folder / "split/split.parquet")
    split.with_columns(part=pl.lit("train")).write_parquet(folder / "split/split.parquet")
    for what in ("trec", "rectools"):
        assert main(["export", what, "--model", "linear", "--run", str(folder)]) == 1
        assert "nobody has played a test song" in capsys.readouterr().err
