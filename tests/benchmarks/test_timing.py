"""The frame of the benchmarks: what a row says of its aims, and how the table shows it."""

import subprocess
import sys

import pytest

from benchmarks.timing import Row, compare, peak_of


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
    without, with_64_mb = peak_of([*python, "pass"]), peak_of([*python, "bytearray(1 << 26)[::4096]"])
    assert 60 < with_64_mb - without < 80


def test_a_command_that_fails_is_an_error():
    with pytest.raises(subprocess.CalledProcessError):
        peak_of([sys.executable, "-c", "raise SystemExit(3)"])
