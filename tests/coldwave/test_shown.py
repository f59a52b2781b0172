"""Text that may hold anything, wherever it is shown."""

import csv
import io
import logging
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from coldwave.analysis import figures as analysis_figures
from coldwave.analysis.names import song_labels
from coldwave.exhibits.files import read_exhibit, spreadsheet_csv, write_exhibit_figure, write_exhibit_table
from coldwave.exhibits.markdown import escaped, pipe_table
from coldwave.report import figures
from coldwave.shown import log_lines, one_line, printable

HOSTILE = [
    "<script>alert(1)</script>",
    "a | b",
    "`code` ``",
    "two\nlines\r\n# heading",
    "\x1b[2J\x1b]0;title\x07",
    "abc\u202edef\u2066",
    "[click](javascript:alert(1)) ![x](http://x)",
    "*NSYNC _x_ ~~gone~~ &amp; &#60;b&#62;",
    "back\\slash \\| \\` \\",
    "=HYPERLINK(\"http://x\")",
    "x\x00y\ufffe\u2028z",
    "]]> --> <!-- </svg></text><style>",
    "$x_1$ {{ 7 * 7 }} %s %(x)s {0}",
    "\\<b>",
]  # fmt: skip
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe]")


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_the_text_as_it_is(text):
    """By a whole Markdown reader with HTML on, as a viewer of files has it."""
    table = "\n".join(pipe_table({"song": [text], "n": ["1"]}, 1))
    html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(table)
    tree = ElementTree.fromstring(f"<div>{html}</div>")
    assert {element.tag for element in tree.iter()} <= {"div", "table", "thead", "tbody", "tr", "th", "td"}
    assert [cell.text for cell in tree.iter("td")] == [one_line(text), "1"]
    assert not UNSEEN.search(table)


@settings(max_examples=200, deadline=None)
@given(st.text("ab_*`~[]()<>&;#!|\\/ \x1b\n1", max_size=12))
def test_markdown_never_changes_a_text(text):
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    html = reader.render(f"| x |\n|---|\n| .{escaped(text)}. |")
    found = re.search(r"<td>(.*)</td>", html, re.DOTALL)[1]
    assert ElementTree.fromstring(f"<p>{found}</p>").text == one_line(f".{one_line(text)}.")


@pytest.mark.parametrize("text", HOSTILE)
def test_exhibits_on_the_page_are_the_text(tmp_path, text):
    write_exhibit_table(tmp_path / "a.md", "T", [f"About {text}"], {"song": [text]}, 1, [f"Note {text}"])
    exhibit = read_exhibit(tmp_path / "a.md")
    tree = ElementTree.fromstring(f"<div>{exhibit.markup}</div>")
    assert next(tree.iter("td")).text == one_line(text)
    assert tree.find("p").text == one_line(f"About {text}")
    assert next(tree.iter("li")).text == one_line(f"Note {text}")
    assert not UNSEEN.search((tmp_path / "a.md").read_text())


def test_what_is_said_at_the_top_of_the_page_is_not_said_again(tmp_path):
    write_exhibit_table(tmp_path / "a.md", "T", ["A *note* of <b>.", "More."], {"song": ["x"]}, 1)
    assert "note" not in read_exhibit(tmp_path / "a.md", ["A  *note* of <b>."]).markup


@pytest.mark.parametrize("text", HOSTILE)
def test_figures_are_well_formed_and_hold_text_alone(tmp_path, text):
    for svg in (
        analysis_figures.song_map(np.array([[0.0, 1], [1, 0]]), [text, None], [(text, 0)], f"alt {text}"),
        figures.model_dots({text: [0.5]}, [], "AUC", 0.5, text),
    ):
        write_exhibit_figure(tmp_path / "a.svg", svg, f"caption {text}")
        content = (tmp_path / "a.svg").read_text()
        assert not UNSEEN.search(content)
        tags = {element.tag.split("}")[1] for element in ElementTree.fromstring(content).iter()}
        assert not tags & {"script", "image", "a", "foreignObject"}
        assert "<script" not in content


def test_log_lines_cannot_be_forged(caplog):
    lines = log_lines("song 'x\n12:00:00 read_plays: error: all is lost\r\n\x1b[2J': gone")
    assert lines.split("\n") == ["song 'x", "    12:00:00 read_plays: error: all is lost", "    \\x1b[2J': gone"]
    assert len(log_lines("x" * 100_000)) < 6000


JOB = """
import logging
from pathlib import Path
from coldwave.errors import InputError
from coldwave.job import run

def main(*, table: Path):
    logging.getLogger("coldwave").warning("%s: a song", "\\x1b[2J\\u202etitle\\n12:00:00 x: error: forged")
    raise InputError("a\\x1b[31mb") if str(table) == "x" else ValueError("c\\x9b31md")

run(main)
"""


@pytest.mark.parametrize("table", ["x", "y"])
def test_a_job_shows_no_control_character(tmp_path, table):
    script = Path(__file__).parents[2] / "scripts"
    (tmp_path / "job.py").write_text(JOB)
    done = subprocess.run(
        [sys.executable, tmp_path / "job.py", "--table", table], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(script)},
    )  # fmt: skip
    assert done.returncode == 1
    assert not UNSEEN.search(done.stderr.replace("\n", ""))
    assert "\\x1b[2J\\u202etitle\n    12:00:00 x: error: forged" in done.stderr


def test_spreadsheets_get_no_formula():
    texts = ["=1+1", "+1", "-1", "@x", "\tx", "a=1", "", None, "-"]
    content = spreadsheet_csv(pl.DataFrame({"title": texts, "loading": [-1.5] * 9, "artist": texts[::-1]}))
    rows = list(csv.reader(io.StringIO(content)))
    assert rows[0] == ["title", "loading", "artist"]
    assert [row[0] for row in rows[1:]] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "a=1", "", "", "'-"]
    assert {row[1] for row in rows[1:]} == {"-1.5"}
    assert [row[2] for row in rows[1:]] == [row[0] for row in rows[:0:-1]]


def test_long_titles_are_cut_where_they_are_shown():
    songs = pl.DataFrame({"song_id": ["a"], "title": ["x" * (1 << 20)], "artist": ["y"]})
    table = pipe_table({"song": song_labels(songs)}, 1)
    assert max(map(len, table)) < 250
    assert len(one_line("y" * 300, 20)) == 20 and one_line("y" * 20, 20) == "y" * 20


def test_what_people_write_stays():
    for text in ("Ünïcode", "日本語", "👩‍👩‍👧 family", "می‌خواهم", "tab\tbed", "line\nline"):
        assert printable(text) == text
    assert escaped("cnn_mse [0.1, 0.2] < 0.001 (a) R&B 5 > 3 50 % 1.5e-3 – a-b") == (
        "cnn_mse [0.1, 0.2] < 0.001 (a) R&B 5 > 3 50 % 1.5e-3 – a-b"
    )


def test_the_formatter_is_on_every_handler(tmp_path, monkeypatch):
    from coldwave import job

    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    job._start_logging(tmp_path / "a.log", "rule")
    try:
        logging.getLogger("coldwave").info("a\x07b")
    finally:
        for handler in logging.getLogger().handlers:
            handler.close()
        logging.captureWarnings(False)
    assert (tmp_path / "a.log").read_text().endswith("rule: a\\x07b\n")
