"""The frame of the benchmarks: what a row says of its aims, and how the table shows it."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.timing import Row, compare, peak_of

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
import bench
from timing import Row as BenchRow


def test_a_row_takes_ratios_round_by_round_and_its_aims_at_the_median():
    row = Row("x", {"ours": [1.0, 2.0, 9.0], "peer": [2.0, 2.0, 3.0]}, {"peer": 1.0}, 1.5, 100.0, {"ours": 90.0})
    assert row.ratios("peer") == [0.5, 1.0, 3.0]
    assert row.median("ours") == 2.0
    assert row.reached() == {"≤ 1 × peer": True, "≤ 1.5 s": False, "≤ 100 MB": True}


def test_works_are_done_in_turn_and_the_first_turn_is_not_counted():
    done = []
    row = compare("x", {"a": lambda: done.append("a"), "b": lambda: done.append("b")}, rounds=2)
    assert done == list("ababab")
    assert [len(values) for values in row.seconds.values()] == [2, 2]


def test_the_peak_of_a_command_holds_what_it_took():
    python = [sys.executable, "-c"]
    without, with_64_mb = peak_of([*python, "pass"]), peak_of([*python, "bytearray(64_000_000)[::4096]"])
    assert 60 < with_64_mb - without < 76


def test_a_command_that_fails_is_an_error():
    with pytest.raises(subprocess.CalledProcessError):
        peak_of([sys.executable, "-c", "raise SystemExit(3)"])


@pytest.fixture
def stages(tmp_path, monkeypatch):
    """Two stages of a row each, a page, and what is kept of their rows."""
    page, kept = tmp_path / "page.md", tmp_path / "kept"
    page.write_text("before\n<!-- large: measured -->\nold\n<!-- large: end -->\nafter\n")
    rows = {"audio": {"one": None}, "network": {"two": None}}
    monkeypatch.setattr(bench, "PAGE", page)
    monkeypatch.setattr(bench, "KEPT", kept)
    monkeypatch.setattr(bench, "_rows", lambda stage, size: rows.get(stage, {}))
    return page, kept / "large"


def keep(kept, name, day):
    kept.mkdir(parents=True, exist_ok=True)
    (kept / f"{name}.json").write_text(json.dumps(asdict(BenchRow(name, {"coldwave": [1.0]}))))
    os.utime(kept / f"{name}.json", (noon := day * 86_400 + 43_200, noon))


def test_a_row_that_fails_costs_no_other_and_is_named(stages, monkeypatch, capsys):
    page, kept = stages

    def start(words):
        if measured := words[2] == "network":
            keep(kept, "network-two", 0)
        return subprocess.CompletedProcess(words, 0 if measured else 1)

    monkeypatch.setattr(subprocess, "run", start)
    monkeypatch.setattr(sys, "argv", ["bench.py", "--large"])
    with pytest.raises(SystemExit, match="rows that failed .*: audio one$"):
        bench.main()
    assert (kept / "network-two.json").exists() and "\nold\n" in page.read_text()


def test_the_page_tells_the_days_on_which_its_rows_were_measured(stages, monkeypatch, capsys):
    page, kept = stages
    keep(kept, "audio-one", 0)
    keep(kept, "network-two", 2)
    monkeypatch.setattr(sys, "argv", ["bench.py", "--large"])
    bench.main()
    text = page.read_text()
    assert "Measured on 1970-01-01 to 1970-01-03: " in text and "\nold\n" not in text
    assert text.startswith("before\n") and text.endswith("<!-- large: end -->\nafter\n")
