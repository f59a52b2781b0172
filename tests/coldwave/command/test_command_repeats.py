"""Runs of the whole pipeline, several of them, and their pooled table: with a stand-in for Snakemake."""

import json
import sys

import numpy as np
import polars as pl
import pytest
import yaml

from coldwave.command.cli import main
from coldwave.command.repeats import overlays, pool, read_call, run_name
from coldwave.errors import InputError
from coldwave.evaluation.recommendation import as_markdown, schema

STAND_IN = """
import json, shutil, sys
from pathlib import Path
import yaml
arguments = sys.argv[1:]
config = {}
for path in arguments[arguments.index("--configfile") + 1:]:
    config |= yaml.safe_load(Path(path).read_text())
with Path("calls.jsonl").open("a") as file:
    file.write(json.dumps([arguments, config]) + "\\n")
if config["run"] == Path("fails").read_text():
    sys.exit(3)
if "-n" not in arguments:
    shutil.copytree(f"made/{config.get('seed', 0) or config['split']['fold']}", f"results/{config['run']}/tables",
                    dirs_exist_ok=True)
"""


def table(values):
    """A run's table with two models."""
    rows = [
        {"model": model, "kind": model, "seeds": 1, "map_5": value, "map_5_relevant": value / 2, "auc": value + 0.1,
         "gap_closed_map": None if model == "random" else value, "gap_closed_auc": value, "users": 9,
         "users_without_test_plays": 1, "users_without_auc": 0, "songs": 7, "missing": 2}
        for model, value in values.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=schema(5))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a Snakefile, a config and a stand-in for Snakemake that copies tables."""
    monkeypatch.chdir(tmp_path)
    package = tmp_path / "stand_in" / "snakemake"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stand_in"))
    (tmp_path / "Snakefile").touch()
    (tmp_path / "config.yaml").write_text("run: demo\nseed: 1\n")
    (tmp_path / "mine.yaml").write_text("run: mine\n")
    (tmp_path / "fails").write_text("none")
    for number in range(1, 4):
        folder = tmp_path / "made" / str(number)
        folder.mkdir(parents=True)
        made = table({"random": 0.1, "usage": 0.1 * number})
        made.write_parquet(folder / "recommendation.parquet")
        (folder / "recommendation.md").write_text(as_markdown(made, ["Data of a kind.", f"Said of {number} alone."]))
    return tmp_path


def calls(project):
    return [json.loads(line) for line in (project / "calls.jsonl").read_text().splitlines()]


def test_seeds_are_runs_of_their_own_and_are_pooled(project, capsys):
    assert main(["repeat", "--seeds", "1", "3", "--", "--configfile", "mine.yaml", "--cores", "2"]) == 0
    found = calls(project)
    assert [config for _, config in found] == [{"run": "mine-seed1", "seed": 1}, {"run": "mine-seed3", "seed": 3}]
    assert found[0][0][:2] == ["--cores", "2"]
    rows = pl.read_parquet(project / "results/mine-seeds/tables/recommendation.parquet")
    usage = rows.filter(pl.col("model") == "usage").row(0, named=True)
    assert (usage["runs"], usage["songs"], usage["missing"]) == (2, 14, 4)
    assert usage["map_5"] == pytest.approx(0.2)
    assert usage["map_5_sd"] == pytest.approx(np.std([0.1, 0.3], ddof=1))
    printed = capsys.readouterr().out
    assert "0.20000 ± 0.14142" in printed
    assert "Data of a kind." in printed
    assert "alone" not in printed
    assert "mine-seed3 (9 users × 7 test songs)" in printed
    assert (project / "results/mine-seeds/tables/recommendation.csv").is_file()
    assert main(["results", "mine-seeds"]) == 0
    assert "each of the runs has its own" in capsys.readouterr().out


def test_folds(project, capsys):
    assert main(["repeat", "--folds", "3"]) == 0
    assert [config for _, config in calls(project)] == [
        {"run": f"demo-fold{fold}", "split": {"folds": 3, "fold": fold}} for fold in (1, 2, 3)
    ]
    assert "one for each fold" in capsys.readouterr().out


def test_it_stops_where_a_run_fails_and_goes_on_when_given_again(project, capsys):
    (project / "fails").write_text("demo-seed2")
    command = ["repeat", "--seeds", "1", "2", "3"]
    assert main(command) == 1
    assert "error: the run demo-seed2 failed (snakemake ended with 3" in capsys.readouterr().err
    assert len(calls(project)) == 2
    assert not (project / "results/demo-seeds/tables").exists()
    (project / "fails").write_text("none")
    assert main(command) == 0
    assert len(calls(project)) == 5


def test_a_dry_run_pools_nothing(project, capsys):
    assert main(["repeat", "--seeds", "1", "2", "--", "-n"]) == 0
    assert len(calls(project)) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["repeat", "--seeds", "1"], "give two or more"),
        (["repeat", "--seeds", "1", "1"], "each once"),
        (["repeat", "--folds", "1"], "2 or more"),
        (["repeat", "--seeds", "1", "2", "--", "--config", "seed=3"], "--config seed=… would win"),
        (["repeat", "--folds", "3", "--", "--configfile", "gone.yaml"], "gone.yaml: there is no such config file"),
    ],
)
def test_mistakes_are_told(project, capsys, arguments, message):
    assert main(arguments) != 0
    assert message in capsys.readouterr().err
    assert not (project / "calls.jsonl").exists()


def test_where_no_snakefile_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no Snakefile here"):
        read_call([])


def test_the_call_is_taken_apart(project):
    call = read_call(["--configfile", "mine.yaml", "--directory", "elsewhere", "-n", "--snakefile", "a/Snakefile"])
    assert call.results.as_posix() == "elsewhere/results"
    assert call.dry
    assert call.default.as_posix() == "a/config.yaml"
    command = call.command(project / "o.yaml")
    assert command[:3] == [sys.executable, "-m", "snakemake"]
    assert command[-3:] == ["--configfile", str(project / "mine.yaml"), str(project / "o.yaml")]
    assert run_name(read_call(["--configfile", "mine.yaml"])) == "mine"


def test_tables_of_other_models_are_not_pooled():
    with pytest.raises(InputError, match="b does not have the models and measures of a"):
        pool({"a": table({"random": 0.1, "usage": 0.2}), "b": table({"random": 0.1})})


def test_a_gap_that_no_run_has_stays_unknown():
    found = pool({"a": table({"random": 0.1}), "b": table({"random": 0.3})})
    assert found["gap_closed_map"].to_list() == [None]
    assert found["auc"].to_list() == [pytest.approx(0.3)]


def test_overlays_are_plain_yaml():
    for overlay in overlays("x", None, 2).values():
        assert yaml.safe_load(yaml.safe_dump(overlay)) == overlay
