"""What all commands have in common: examples, JSON, plain text in pipes, completion, errors on one line."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from coldwave.command import cli
from coldwave.command.cli import COMMANDS, main

SCRIPTS = Path(cli.__file__).parents[2]
START = f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); from coldwave.command.cli import main; "
SHOWING = {
    "recommend": ["u0003", "-n", "4"],
    "similar": ["S012"],
    "why": ["u0003", "S012"],
    "place": ["new/known.wav"],
    "playlist": ["S012", "-n", "3"],
    "inspect": ["results/small"],
    "export": ["split", "--out", "split.csv"],
    "results": ["small"],
    "compare": ["small", "small"],
}


def stopped(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    streams = capsys.readouterr()
    return stop.value.code, streams.out, streams.err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_an_example_that_names_options_there_are(name, capsys):
    code, out, _ = stopped([name, "--help"], capsys)
    examples = re.findall(rf"^ +coldwave {name}\b(.*)$", out, re.MULTILINE)
    assert code == 0 and examples
    options = out.partition("Options:")[2]
    for option in re.findall(r"(?<= )--?[a-z][\w-]*", " ".join(line.partition(" -- ")[0] for line in examples)):
        assert f"{option} " in options, option


def test_the_commands_that_show_data_are_all_tried_as_json():
    assert set(SHOWING) == set(COMMANDS) - {"repeat", "serve"}


@pytest.mark.parametrize("name", SHOWING)
def test_json_is_all_that_is_on_standard_output(workplace, tmp_path, monkeypatch, name, capsys):
    shutil.copytree(workplace, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "results/small/tables/recommendation.md"
    table.parent.mkdir()
    table.write_text("")
    pl.DataFrame({"model": ["knn"], "auc": [float("nan")]}).write_parquet(table.with_suffix(".parquet"))
    assert main([name, *SHOWING[name], "--json"]) == 0
    out = capsys.readouterr().out
    assert isinstance(json.loads(out), dict)
    assert out.isascii(), "a terminal acts on nothing in it"


def test_help_imports_nothing_that_is_slow():
    slow = ["numpy", "polars", "rich", "torch", "yaml", "snakemake"]
    program = f"{START}\ntry: main(['--help'])\nfinally: print([name for name in {slow} if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"


def test_a_wrong_call_ends_with_2_and_says_where_help_is(capsys):
    for arguments in (["recomend"], ["similar"], ["recommend", "--amung", "all"], ["playlist", "S1", "--variety", "2"]):
        code, out, err = stopped(arguments, capsys)
        assert code == 2 and out == "" and "--help" in err
    assert "Did you mean 'recommend'" in stopped(["recomend"], capsys)[2]


def test_a_shell_completes_commands():
    env = os.environ | {"_COLDWAVE_COMPLETE": "complete_bash", "COMP_WORDS": "coldwave re", "COMP_CWORD": "1"}
    out = subprocess.run(
        [sys.executable, "-c", f"{START} main()"], env=env, capture_output=True, text=True, check=True
    ).stdout
    assert out.split() == ["recommend", "results", "repeat"]


def on_a_terminal(arguments, **env):
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    program = [sys.executable, "-c", f"{START} sys.exit(main())", *arguments]
    settings = {"TERM": "xterm-256color", "COLUMNS": "120", **env}
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(program, stdout=theirs, stderr=subprocess.DEVNULL, env=kept | settings)
    os.close(theirs)
    written = b""
    try:
        while more := os.read(ours, 1 << 16):
            written += more
    except OSError:  # the other end is closed
        pass
    assert process.wait(60) == 0
    return written.decode()


def test_names_are_never_markup_and_never_act_on_a_terminal(here, capsys):
    arguments = ["playlist", "S007", "--to", "S012", "-n", "2"]
    assert main(arguments) == 0
    plain = capsys.readouterr().out
    assert "[bold]Mark[/bold]\\x1b[31mup\\u202e" in plain and "\x1b" not in plain and "─" not in plain
    shown = on_a_terminal(arguments)
    assert "[bold]Mark[/bold]\\x1b[31mup\\u202e" in shown and "\x1b[31m" not in shown
    assert "─" in shown and "\x1b[1m" in shown


def test_an_error_is_one_line_on_standard_error(here, capsys):
    assert main(["recommend", "nobo\x1bdy"]) == 1
    streams = capsys.readouterr()
    assert streams.out == ""
    assert re.fullmatch(r"error: .*has no user 'nobo\\x1bdy'.*\n", streams.err)
