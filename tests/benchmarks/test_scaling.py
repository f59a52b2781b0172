"""The measurement of growth: laws, commands, memory of processes, and made-up files that the rules can read."""

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from scaling import page
from scaling.cases import CASES
from scaling.drawing import draw
from scaling.files import Files, Size
from scaling.laws import fitted
from scaling.running import command, measured, megabytes

from coldwave.files import read_array, read_table

SIZES = [10**place for place in range(2, 7)]


@given(st.floats(0.4, 2.5), st.floats(0.0, 100.0), st.floats(1e-3, 10.0))
def test_a_law_is_found_again_under_a_constant_part(exponent, constant, factor):
    quantities = [constant + factor * size**exponent for size in SIZES]
    law = fitted(SIZES, quantities)
    if law is None:  # all but one of the sizes are lost in the constant part
        assert sum(quantity > 1.2 * quantities[0] for quantity in quantities) < 2
        return
    assert law.exponent == pytest.approx(exponent, rel=0.1)
    at_more = law.constant + law.factor * 1e7**law.exponent
    assert at_more == pytest.approx(constant + factor * 1e7**exponent, rel=0.5)


def test_no_growth_is_told_of_what_does_not_grow():
    assert fitted(SIZES, [5.0, 5.1, 4.9, 5.2, 5.0]) is None


def test_what_a_script_needs_and_nobody_gives_is_an_output(tmp_path):
    words, outputs = command("cut_plays.py", {"source": Path("s"), "options": {"format": "table"}}, tmp_path)
    assert set(outputs) == {"all_plays", "users", "songs", "split", "plays"}
    assert words[words.index("--options") + 1] == f"@{tmp_path / 'options.yaml'}"
    assert "threads" not in command("read_plays.py", {}, tmp_path)[1]  # it has a default


def test_memory_is_that_of_a_process_and_its_children_together(tmp_path):
    held = "b'1' * 100_000_000"
    child = f"import time; held = {held}; time.sleep(1)"
    parent = f"import subprocess, sys; held = {held}; subprocess.run([sys.executable, '-c', {child!r}])"
    found = measured([sys.executable, "-c", parent], tmp_path / "log")
    assert 200 < found["peak_mb"] < 320 and found["seconds"] > 1


def test_memory_of_the_parent_does_not_count(tmp_path):
    held = np.ones(40_000_000)  # 320 MB
    found = measured([sys.executable, "-c", "import time; time.sleep(0.3)"], tmp_path / "log")
    assert held.sum() and found["peak_mb"] < 100


def test_a_script_that_fails_says_why(tmp_path):
    with pytest.raises(RuntimeError, match="no such thing"):
        measured([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path / "log")


def test_sizes_are_of_files_alone(tmp_path):
    (path := tmp_path / "a").write_bytes(bytes(500_000))
    assert megabytes({"one": path, "two": [path, path], "none": [], "word": "a"}) == {"one": 0.5, "two": 1.0}


def test_files_fit_each_other(tmp_path):
    files = Files(tmp_path, Size(plays=5_000, users=70, songs=90, factors=4, words=20, shards=3))
    plays, songs, split = read_table(files.plays), read_table(files.songs), read_table(files.split)
    assert plays["user"].max() < 70 and plays["song"].max() < 90 and 1_000 < len(plays) <= 5_000
    assert songs["plays"].sum() == read_table(files.users)["plays"].sum() == plays["count"].sum()
    assert set(split["part"]) == {"train", "validation", "test"} and len(split) == len(songs) == 90
    assert read_array(files.user_factors).shape == (70, 4) and read_array(files.features).shape == (90, 200)
    counts = pl.concat([read_table(path) for path in files.counts()])
    assert set(counts["song_id"]) == set(songs["song_id"]) and counts["word"].max() < 20
    again = Files(tmp_path, files.size)
    assert again.table.equals(plays) and np.array_equal(read_array(again.features), read_array(files.features))


def test_the_figure_names_its_sizes_as_plain_numbers(tmp_path):
    rows = [{"size": size, "seconds": size / 1e4, "peak_mb": 100 + size / 1e3} for size in SIZES]
    draw({"one-plays": rows, "other-songs": rows[:2]}, tmp_path / "scale.svg")
    text = (tmp_path / "scale.svg").read_text()
    assert "$" not in text and ">1,000,000<" in text and ">0.1<" in text


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Write a page in a folder: what it returns keeps a measurement of a rule on a day."""
    for name in ("PAGE", "CSV", "FIGURE"):
        monkeypatch.setattr(page, name, tmp_path / name)
    page.PAGE.write_text(f"before\n{page.BEGIN}gone\n{page.END}after\n")

    def keep(rule, day):
        row = {"rule": rule, "driver": "plays", "size": 10_000, "day": day, "seconds": 1.0, "peak_mb": 90.0}
        (path := tmp_path / f"{rule}-plays-10000.json").write_text(json.dumps(row | {"inputs": {"source": 1.5}}))
        return path

    return keep


def test_the_page_says_when_and_where_it_was_measured(tmp_path, kept):
    kept("read_plays", "2001-02-03")
    page.write_page(tmp_path, CASES)
    text = page.PAGE.read_text()
    assert f"{page.BEGIN}\nMeasured on 2001-02-03: " in text and "gone" not in text and "read_plays" in text


def test_measuring_one_stage_keeps_what_was_written_of_the_others(tmp_path, kept):
    for rule, day in (("read_plays", "2001-02-03"), ("cut_plays", "2001-02-05")):
        path = kept(rule, day)
        page.write_page(tmp_path, CASES)
        path.unlink()  # as in a fresh copy of the project
    assert pl.read_csv(page.CSV)["rule"].to_list() == ["read_plays", "cut_plays"]
    text = page.PAGE.read_text()
    assert "read_plays" in text and "Measured on 2001-02-03 to 2001-02-05: " in text
