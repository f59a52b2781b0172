"""The canary: rules that learn must learn the same bytes when the data of held-out songs is replaced.

The rule's own script is run, so a leak in the script is found too. Its outputs are compared with those of the run. If
they differ, the script runs once more on unchanged inputs, because another processor or number of threads may add in
another order. If that gives the bytes of the run, the difference is a leak.

What takes long to learn is cut short by settings such as the number of epochs. It is then learnt twice, from the inputs
as they are and from the changed ones, and the two are compared with each other.
"""

import hashlib
import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from coldwave.audit import forked
from coldwave.digest import digest_file
from coldwave.errors import InputError
from coldwave.files import read_array, read_table

log = logging.getLogger(__name__)

SAME = "the same bytes"
ELSEWHERE = "the same bytes as from the inputs as they are, though not as in the run: other threads or another machine"
DIFFERS = "differs"
UNSTABLE = "cannot be told: learning it twice gives different bytes here; leave it out of audit.canary"


class Canary(NamedTuple):
    """One rule to run again.

    ``made`` : from each argument that names an output to the run's file; ``ignored`` : outputs that are not compared;
    ``rows`` : the rows to compare, for outputs that are compared in part; ``short`` : whether ``options`` cut the
    learning short, so that it cannot be compared with the run.
    """

    name: str
    what: str  # what was replaced
    script: str
    inputs: Mapping[str, Any]
    replaced: Callable[[Path], Mapping[str, Any]]  # writes the replaced inputs into a folder and names them
    made: Mapping[str, Path]
    options: Mapping[str, Any]
    arguments: Mapping[str, Any] = {}
    ignored: tuple[str, ...] = ()
    rows: Mapping[str, np.ndarray] = {}
    short: bool = False


def digest(path: Path, rows: np.ndarray | None = None) -> str:
    """Digest a file, some rows of an array, or a table without its column of seconds, which are never the same."""
    if path.suffix == ".parquet":
        table = read_table(path).drop("seconds", strict=False)
        return hashlib.sha256((repr(table.schema) + table.write_csv()).encode()).hexdigest()
    if rows is None:
        return digest_file(path)
    array = np.ascontiguousarray(read_array(path, memory_map=True)[rows])
    return hashlib.sha256(repr((array.dtype.str, array.shape)).encode() + array.tobytes()).hexdigest()


def verdict(run: str, changed: str, again: str) -> str:
    """Compare the digests of the run's output, of that from changed inputs and of that from unchanged ones."""
    if changed == run:
        return SAME
    if again == changed:
        return ELSEWHERE
    return DIFFERS if again == run else UNSTABLE


class _Learning:
    """One canary in a folder of its own, where a script learns from the inputs as they are or from changed ones."""

    def __init__(self, canary: Canary, scripts: Path, folder: Path):
        folder.mkdir()
        self.canary, self.folder, self.script = canary, folder, str(scripts / canary.script)
        self.compared = [name for name in canary.made if name not in canary.ignored]

    def command(self, label: str, changed: bool) -> list[str]:
        """The script and its arguments; what it makes lies in a folder ``label``."""
        canary, options = self.canary, self.folder / "options.json"
        options.write_text(json.dumps(dict(canary.options)), encoding="utf-8")
        made = {output: self.folder / label / path.name for output, path in canary.made.items()}
        inputs = {**canary.inputs, **(canary.replaced(self.folder) if changed else {})}
        command = [self.script, "--options", f"@{options}"]
        for name, value in {**inputs, **made, **canary.arguments}.items():
            values = value if isinstance(value, (list, tuple)) else [value]
            command += [f"--{name.replace('_', '-')}", *map(str, values)]
        log.info("%s: learning again with %s, %s inputs", canary.name, canary.script, "changed" if changed else "the")
        return command

    def digests(self, label: str | None) -> dict[str, str]:
        """Digest what was made under a label, or by the run itself."""
        paths = {name: self.canary.made[name] for name in self.compared}
        found = {name: self.folder / label / path.name if label else path for name, path in paths.items()}
        return {name: digest(path, self.canary.rows.get(name)) for name, path in found.items()}

    def verdicts(self, run: Mapping[str, str], changed: Mapping[str, str]) -> dict[str, str]:
        """Compare; if something differs, learn once more from the unchanged inputs."""
        again = run
        if changed != run:
            log.info("%s: differs; learning it again from the unchanged inputs", self.canary.name)
            run_scripts([self.command("again", changed=False)])
            again = self.digests("again")
        return {name: verdict(run[name], changed[name], again[name]) for name in self.compared}


def learn_again(canaries: Sequence[Canary], scripts: Path, cache: Path, threads: int = 1) -> list[dict[str, str]]:
    """Run canaries: from each output of each to `SAME`, `ELSEWHERE`, `DIFFERS` or `UNSTABLE`.

    Short ones run side by side, ``threads`` at a time.

    Raises
    ------
    InputError
        A script fails.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as name:
        learning = [_Learning(each, scripts, Path(name) / str(place)) for place, each in enumerate(canaries)]
        for each in learning:
            if not each.canary.short:
                run_scripts([each.command("changed", changed=True)])
        short = [each for each in learning if each.canary.short]
        labels = ("short", "changed")
        run_scripts([each.command(label, label == "changed") for each in short for label in labels], threads)
        return [
            each.verdicts(each.digests("short" if each.canary.short else None), each.digests("changed"))
            for each in learning
        ]


def run_scripts(commands: Sequence[list[str]], side_by_side: int = 1) -> None:
    """Run scripts, each in a process of its own.

    Raises
    ------
    InputError
        One fails.
    """
    if not commands:
        return
    done = subprocess.run(
        [sys.executable, forked.__file__, str(side_by_side)],
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    last = "\n".join(done.stderr.strip().splitlines()[-5:])
    if done.returncode:
        raise InputError(f"audit: the scripts cannot be run again: {last}")
    if failed := [command for command, status in zip(commands, json.loads(done.stdout), strict=True) if status]:
        raise InputError(f"audit: {Path(failed[0][0]).name} failed when it learnt again: {last}")
