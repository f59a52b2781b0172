"""How a script gets its arguments, and what a user sees when it fails."""

import logging
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest

from coldwave import job

SCRIPTS = Path(job.__file__).parents[1]


class Names(SimpleNamespace):
    """A stand-in for the named lists that Snakemake hands over."""

    def items(self):
        return vars(self).items()

    def get(self, key, default=None):
        return vars(self).get(key, default)


def handed_over(**changes):
    parts = {
        "rule": "some_rule",
        "input": Names(plays="p.parquet", shards=["a", "b"]),
        "output": Names(table="t"),
        "wildcards": Names(seed="3"),
        "params": Names(options={"alpha": 2}, code={}, cache="c"),
        "threads": 4,
        "log": ["x.log"],
    }
    return SimpleNamespace(**(parts | changes))


def test_arguments_by_name():
    def main(*, plays: Path, shards: list[Path], table: Path, seed: int, options: dict, cache: Path, threads: int): ...

    arguments = job._from_snakemake(main, handed_over())
    assert arguments == {
        "plays": Path("p.parquet"), "shards": [Path("a"), Path("b")], "table": Path("t"), "seed": 3,
        "options": {"alpha": 2}, "cache": Path("c"), "threads": 4,
    }  # fmt: skip


def test_a_list_of_one_path_is_a_list():
    def main(*, shards: list[Path]): ...

    assert job._from_snakemake(main, handed_over(input=Names(shards="a"))) == {"shards": [Path("a")]}


def test_what_the_rule_does_not_name_falls_back_to_the_default_or_is_an_error():
    def main(*, catalogue: Path = None): ...

    def demanding(*, catalogue: Path): ...

    assert job._from_snakemake(main, handed_over()) == {}
    with pytest.raises(ValueError, match="some_rule does not name 'catalogue'"):
        job._from_snakemake(demanding, handed_over())


def test_a_script_may_take_all_inputs_as_one_mapping():
    def main(*, files: dict, table: str, seed: int = 1) -> None: ...

    handed = handed_over(input=Names(plays="p", shards=["a", "b"]), output=Names(table="t"))
    taken = job._from_snakemake(main, handed)
    assert (taken["files"], taken["table"]) == ({"plays": ["p"], "shards": ["a", "b"]}, "t")


def test_two_things_of_one_name_are_refused():
    with pytest.raises(ValueError, match="plays"):
        job._from_snakemake(lambda *, plays: None, handed_over(output=Names(plays="q")))


def run_script(tmp_path, body, *arguments):
    script = tmp_path / "some_script.py"
    header = f'"""Make a thing."""\nimport sys\nsys.path.append({str(SCRIPTS)!r})\n'
    script.write_text(header + textwrap.dedent(body))
    return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True)


def test_a_script_runs_by_hand_and_explains_itself(tmp_path):
    body = """
        from pathlib import Path
        from coldwave.job import run

        def main(*, table: Path, shards: list[Path], options: dict, threads: int = 1) -> None:
            table.write_text(f"{[str(s) for s in shards]} {options} {threads}")

        run(main)
    """
    shown = run_script(tmp_path, body, "--help").stdout
    assert "Make a thing." in shown and "--shards" in shown
    done = run_script(
        tmp_path, body, "--table", tmp_path / "t", "--shards", "a", "b", "--options", "{alpha: 2.0}", "--threads", "2"
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "t").read_text() == "['a', 'b'] {'alpha': 2.0} 2"
    assert "--options" in run_script(tmp_path, body, "--table", "t", "--shards", "a", "--options", "[1]").stderr


def test_a_users_mistake_is_one_line_and_others_show_where(tmp_path):
    body = """
        from coldwave.errors import InputError
        from coldwave.job import run

        def main(*, what: str) -> None:
            raise {"input": InputError("x.tsv line 3: no count")}.get(what, KeyError("inside"))

        run(main)
    """
    mistake = run_script(tmp_path, body, "--what", "input")
    assert mistake.returncode == 1
    assert "error: x.tsv line 3: no count" in mistake.stderr and "Traceback" not in mistake.stderr
    fault = run_script(tmp_path, body, "--what", "other")
    assert fault.returncode == 1
    assert "error: KeyError: 'inside'" in fault.stderr and "Traceback" in fault.stderr


def test_a_library_from_elsewhere_is_refused(tmp_path):
    (tmp_path / "coldwave").mkdir()
    done = run_script(tmp_path, "from coldwave.job import run\n\ndef main() -> None: ...\n\nrun(main)\n")
    assert done.returncode == 1
    assert "shadows" in done.stderr or "No module named" in done.stderr


def test_what_an_unforeseen_error_may_be_about_is_named():
    assert job._what_was_read(["a.npy", "b.parquet"]).endswith("delete it and run again: a.npy, b.parquet)")
    assert job._what_was_read([str(number) for number in range(30)]).endswith(" 18, 19, …)")
    assert job._what_was_read([]) == ""


@pytest.fixture
def screen(monkeypatch):
    """Function of a message: whether it is shown on the screen, so many seconds after the job began."""
    clock = [0.0]
    monkeypatch.setattr(job, "time", SimpleNamespace(monotonic=lambda: clock[0]))  # not the clock of other threads
    chosen = job.ForTheScreen()

    def shown(seconds, level=logging.INFO, name="coldwave.wmf", **marks):
        clock[0] = seconds
        record = logging.LogRecord(name, level, "x.py", 1, "words", None, None)
        vars(record).update(marks)
        return bool(chosen.filter(record))

    return shown


def test_the_screen_gets_a_line_now_and_then_and_fewer_the_longer_a_job_takes(screen):
    assert [second for second in range(1, 36) if screen(second)] == [10, 20, 30]
    day = [second for second in range(36, 86400) if screen(second)]
    assert sum(second < 3600 for second in day) < 30
    assert day[-1] - day[-2] == 600, "every ten minutes in the end"


def test_the_screen_gets_warnings_and_what_is_marked_and_nothing_of_libraries(screen):
    assert screen(0, logging.WARNING)
    assert screen(0, screen=True)
    assert screen(0, logging.WARNING, "__main__"), "a script's own"
    assert not screen(100, screen=False)
    assert not screen(100, logging.WARNING, "py.warnings")
    assert not screen(100, name="lightning.pytorch")
    assert screen(0, logging.ERROR, "lightning.pytorch")
