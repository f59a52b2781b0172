"""examples/: the scripts can be read by Bash, call commands that are there, and their own scores are right."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.main import get_command

from coldwave.command.cli import app

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.sh"))
# Commands of the scripts, alone or in a substitution.
CALLS = [
    pytest.param(shlex.split(call), id=f"{script.stem}: {call.strip()}")
    for script in SCRIPTS
    for call in re.findall(r"^(?:step |\w+=\$\()coldwave ([^|)\n]+)", script.read_text(), re.MULTILINE)
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_bash_can_read_it(script):
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", CALLS)
def test_it_calls_a_command_as_that_is_called(words):
    name, *arguments = words
    get_command(app).commands[name].make_context(name, arguments).close()


def test_all_calls_are_found():
    text = "\n".join(re.sub(r"^ *#.*", "", script.read_text(), flags=re.MULTILINE) for script in SCRIPTS)
    assert len(CALLS) == len(re.findall(r"\bcoldwave\b(?!\.)", text)) > 10


PLAYS = """\
u1	s1	3
u1	s2	1
u1	t2	9
u2	s3	2
u2	s"4	1
u3	v1	7
"""
SONGS = """\
song_id,title,artist,genre
s1,One,Ann,rock;pop
s2,Two,Ann,rock
s3,Three,Ben,jazz
"s""4",Four,Cat,
v1,Five,Ben,jazz
t1,Six,Ann,rock;jazz
t2,Seven,Ben,pop
t3,Eight,Dan,
"""
SPLIT = """\
song_id,part
s1,train
s2,train
s3,train
"s""4",train
v1,validation
t1,test
t2,test
t3,test
"""
# A song's plays by its artist, and a tenth of the mean of those by its tags, among the user's training songs: u1 has
# played two songs of Ann, both rock, of which one is pop too; u2 one of Ben, jazz, and one of Cat. u3 has none.
SCORES = {
    ("u1", "t1"): 2 + 0.1 * (2 + 0) / 2,
    ("u1", "t2"): 0 + 0.1 * 1,
    ("u1", "t3"): 0,
    ("u2", "t1"): 0 + 0.1 * (0 + 1) / 2,
    ("u2", "t2"): 1 + 0.1 * 0,
    ("u2", "t3"): 0,
}


def test_own_scores(tmp_path):
    for name, text in (("plays.tsv", PLAYS), ("songs.csv", SONGS), ("split.csv", SPLIT)):
        (tmp_path / name).write_text(text)
    arguments = ["plays.tsv", "songs.csv", "split.csv", "scores.csv", "genre"]
    subprocess.run([sys.executable, EXAMPLES / "own_scores.py", *arguments], cwd=tmp_path, check=True)
    found = pl.read_csv(tmp_path / "scores.csv")
    assert found.columns == ["user_id", "song_id", "score"]
    assert {(user, song): score for user, song, score in found.iter_rows()} == pytest.approx(SCORES)
    assert found.height == len(SCORES)
