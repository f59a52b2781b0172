"""The ``coldwave`` command."""

import os

import pytest

from coldwave.command.cli import main


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
