"""Why a run failed, from Snakemake's log and those of the rules."""

import pytest

from coldwave.command.cli import main
from coldwave.command.failures import SILENT, failures_of, last_run, reason_in

STORY = """Job stats:
[Thu Nov 26 00:17:18 2026]
rule train_cnn:
    input: results/mine/audio/index.parquet
    output: results/mine/models/cnn/1.safetensors, results/mine/models/cnn/1.parquet
    log: results/mine/logs/train_cnn/cnn/1.log
    jobid: 4
    wildcards: model=cnn, seed=1
    threads: 2
[Thu Nov 26 00:17:19 2026]
Error in rule train_cnn:
    message: None
    jobid: 4
    input: results/mine/audio/index.parquet
    output: results/mine/models/cnn/1.safetensors, results/mine/models/cnn/1.parquet
    log: results/mine/logs/train_cnn/cnn/1.log (check log file(s) for error details)
"""
DONE = STORY.partition("Error")[0] + "Finished jobid: 4 (Rule: train_cnn)\nFinished jobid: 0 (Rule: all)\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder in which the run `mine` has failed."""
    monkeypatch.chdir(tmp_path)
    tell(tmp_path, "2026-11-26", STORY)
    log = tmp_path / "results/mine/logs/train_cnn/cnn/1.log"
    log.parent.mkdir(parents=True)
    error = "train_cnn: error: no GPU: set accelerator"
    log.write_text(f"00:17:18 train_cnn: epoch 1: loss 0.9\n00:17:19 {error}\nTraceback\n")
    return tmp_path


def tell(place, day, text):
    (place / ".snakemake/log").mkdir(parents=True, exist_ok=True)
    (place / f".snakemake/log/{day}T001716.1.snakemake.log").write_text(text)


def make_outputs(place):
    (place / "results/mine/models/cnn").mkdir(parents=True)
    for suffix in ("safetensors", "parquet"):
        (place / f"results/mine/models/cnn/1.{suffix}").touch()


LINES = [
    "The run mine is not complete: jobs failed when it was last run.",
    "train_cnn (model=cnn, seed=1) failed: models/cnn/1.safetensors (+1)",
    "    no GPU: set accelerator",
    "    log: results/mine/logs/train_cnn/cnn/1.log",
]


@pytest.mark.parametrize("run", [[], ["mine"], ["results/mine"], ["results/mine/"]])
def test_the_run_the_rule_the_wildcards_the_reason_and_the_log(place, capsys, run):
    assert main(["results", *run]) == 1
    streams = capsys.readouterr()
    assert streams.out.splitlines() == LINES
    assert streams.err == ""


def test_they_follow_the_table_of_an_earlier_run(place, capsys):
    (place / "results/mine/tables").mkdir()
    (place / "results/mine/tables/recommendation.md").write_text("the table\n")
    assert main(["results"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "the table"
    assert lines[-4:] == LINES


def test_from_another_folder_the_log_is_found_as_well(place, capsys, monkeypatch):
    monkeypatch.chdir(place / "results")
    assert main(["results", "mine"]) == 1
    *_, reason, log = capsys.readouterr().out.splitlines()
    assert reason.strip() == "no GPU: set accelerator"
    assert log == "    log: ../results/mine/logs/train_cnn/cnn/1.log"


def test_after_a_later_success_nothing_has_failed(place, capsys):
    make_outputs(place)
    assert failures_of(place / "results/mine") == []
    assert main(["results", "mine"]) == 1
    assert "no results yet" in capsys.readouterr().err


def test_a_complete_run_leaves_older_failures_behind(place):
    """Its config may name other models by then."""
    tell(place, "2026-11-27", DONE)
    assert failures_of(place / "results/mine") == []


def test_another_run_or_a_part_of_this_one_does_not_hide_it(place):
    tell(place, "2026-11-27", DONE.replace("results/mine", "results/other"))
    tell(place, "2026-11-28", DONE.replace("(Rule: all)", "(Rule: train_cnn)"))
    tell(place, "2026-11-29", "Nothing to be done (all requested files are present and up to date).\n")
    assert [failure.rule for failure in failures_of(place / "results/mine")] == ["train_cnn"]
    assert failures_of(place / "results/other") == []
    assert last_run(place) == "mine"


def test_a_job_that_failed_twice_is_named_once_with_what_the_cluster_says(place, capsys):
    (place / "results/mine/logs/train_cnn/cnn/1.log").unlink()
    again = STORY.replace("message: None", "message: SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'.")
    tell(place, "2026-11-26", STORY + again)
    assert main(["results"]) == 1
    assert capsys.readouterr().out.splitlines()[2] == "    SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'."


def test_a_job_that_was_killed_says_nothing(place):
    log = place / "results/mine/logs/train_cnn/cnn/1.log"
    log.write_text("00:17:18 train_cnn: epoch 1: loss 0.9\n")
    assert reason_in(log) is None
    (failure,) = failures_of(place / "results/mine")
    assert failure.lines()[1] == f"    {SILENT}"


def test_the_first_error_is_the_cause(tmp_path):
    """A process of a training fails for a reason; then the job fails because a process has."""
    (tmp_path / "x.log").write_text(
        "10:00:00 train_cnn: error: disk full\n10:00:01 train_cnn: error: a process failed\n"
    )
    assert reason_in(tmp_path / "x.log") == "disk full"
