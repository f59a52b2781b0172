"""The ``coldwave`` command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from coldwave.command import cli
from coldwave.command.cli import main

SCRIPTS = Path(cli.__file__).parents[2]


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Two runs with results, the second newer, and one without."""
    monkeypatch.chdir(tmp_path)
    for age, run in enumerate(("paper", "demo")):
        for path, text in (("tables/recommendation.md", f"table of {run} ±\n"), ("report/index.html", "page")):
            file = tmp_path / "results" / run / path
            file.parent.mkdir(parents=True)
            file.write_text(text, encoding="utf-8")
            os.utime(file, (1000 + age, 1000 + age))
    (tmp_path / "results" / "begun" / "plays").mkdir(parents=True)
    return tmp_path / "results"


@pytest.mark.parametrize(
    ("arguments", "run"),
    [([], "demo"), (["paper"], "paper"), (["results/paper"], "paper"), (["results/paper/"], "paper")],
)
def test_it_prints_the_table_and_ends_with_the_report(results, capsys, arguments, run):
    assert main(["results", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"table of {run} ±"
    assert lines[-1] == f"Report: results/{run}/report/index.html"


def test_paragraphs_are_wrapped_and_tables_are_not(results, capsys):
    row, words = f"| {'x' * 150} |", "word " * 100
    (results / "demo/tables/recommendation.md").write_text(f"{words}\n\n{row}\n")
    assert main(["results"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert row in lines
    assert {len(line) > 120 for line in lines if line != row} == {False}
    assert sum(line.count("word") for line in lines) == 100


def test_a_reader_that_leaves_early_is_no_error(results):
    program = (
        f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); from coldwave.command.cli import main; sys.exit(main())"
    )
    (results / "demo/tables/recommendation.md").write_text("a line\n" * 100_000)
    command = subprocess.Popen(
        [sys.executable, "-c", program, "results"], cwd=results.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert command.stdout.readline() == b"a line\n"
    command.stdout.close()
    assert command.stderr.read() == b""
    assert command.wait(60) == 0


def test_a_folder_elsewhere(results, capsys, monkeypatch):
    monkeypatch.chdir("/")
    assert main(["results", str(results / "paper")]) == 0
    assert capsys.readouterr().out.startswith("table of paper")


def test_a_report_that_is_not_there(results, capsys):
    (results / "demo" / "report" / "index.html").unlink()
    assert main(["results"]) == 0
    assert "not made yet" in capsys.readouterr().out.splitlines()[-1]


def test_nothing_yet(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["results"]) == 1
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("error: no results under results/ yet")
    assert "make demo" in streams.err and "snakemake" in streams.err
    assert main(["results", "demo"]) == 1
    assert "make demo" in capsys.readouterr().err


def test_a_run_that_is_not_there_or_not_done(results, capsys):
    assert main(["results", "dmeo"]) == 1
    assert "no run 'dmeo': there are results of demo, paper" in capsys.readouterr().err
    assert main(["results", "begun"]) == 1
    assert "results/begun: no results yet" in capsys.readouterr().err


def test_help_and_version(capsys):
    for arguments, expected in ((["--help"], "results"), (["results", "--help"], "RUN"), (["--version"], "coldwave ")):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 0
        assert expected in capsys.readouterr().out
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
