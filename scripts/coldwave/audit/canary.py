"""The canary: rules that learn must learn the same bytes when the data of held-out songs is replaced.

The rule's own script is run, so a leak in the script is found too. Its outputs are compared with those of the run. If
they differ, the script runs once more on unchanged inputs, because another processor or number of threads may add in
another order. If that gives the bytes of the run, the difference is a leak.
"""

import hashlib
import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from coldwave.digest import digest_file
from coldwave.errors import InputError
from coldwave.files import read_array

log = logging.getLogger(__name__)

SAME = "the same bytes"
ELSEWHERE = "the same bytes as from the inputs as they are, though not as in the run: other threads or another machine"
DIFFERS = "differs"
UNSTABLE = "cannot be told: learning it twice gives different bytes here; leave it out of audit.canary"


class Canary(NamedTuple):
    """One rule to run again.

    ``made`` : from each argument that names an output to the run's file; ``ignored`` : outputs that are not compared;
    ``rows`` : the rows to compare, for outputs that are compared in part.
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


def digest(path: Path, rows: np.ndarray | None = None) -> str:
    """Digest a file, or some rows of an array."""
    if rows is None:
        return digest_file(path)
    array = np.ascontiguousarray(read_array(path, memory_map=True)[rows])
    return hashlib.sha256(repr((array.dtype.str, array.shape)).encode() + array.tobytes()).hexdigest()


def verdict(run: str, changed: str, again: Callable[[], str]) -> str:
    """Compare the digests of the run's output and of that from changed inputs; ``again`` learns from unchanged ones."""
    if changed == run:
        return SAME
    unchanged = again()
    if unchanged == changed:
        return ELSEWHERE
    return DIFFERS if unchanged == run else UNSTABLE


def learn_again(canary: Canary, scripts: Path, cache: Path) -> dict[str, str]:
    """Run a canary: from each of its outputs to `SAME`, `ELSEWHERE`, `DIFFERS` or `UNSTABLE`.

    Raises
    ------
    InputError
        The script fails.
    """
    cache.mkdir(parents=True, exist_ok=True)
    compared = [name for name in canary.made if name not in canary.ignored]
    with tempfile.TemporaryDirectory(dir=cache) as name:
        folder = Path(name)

        def digests(label: str, inputs: Mapping[str, Any]) -> dict[str, str]:
            made = {output: folder / label / path.name for output, path in canary.made.items()}
            _run(canary, scripts, folder, {**inputs, **made})
            return {output: digest(made[output], canary.rows.get(output)) for output in compared}

        changed = digests("changed", {**canary.inputs, **canary.replaced(folder)})
        unchanged: dict[str, str] = {}

        def again(output: str) -> str:
            if not unchanged:
                log.info("%s: %s differs; learning it again from the unchanged inputs", canary.name, output)
                unchanged.update(digests("unchanged", canary.inputs))
            return unchanged[output]

        return {
            output: verdict(
                digest(canary.made[output], canary.rows.get(output)),
                changed[output],
                lambda output=output: again(output),
            )
            for output in compared
        }


def _run(canary: Canary, scripts: Path, folder: Path, files: Mapping[str, Any]) -> None:
    """Run a script in a process of its own, with its arguments on the command line."""
    options = folder / "options.json"
    options.write_text(json.dumps(dict(canary.options)), encoding="utf-8")
    command = [sys.executable, str(scripts / canary.script), "--options", f"@{options}"]
    for name, value in {**files, **canary.arguments}.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        command += [f"--{name.replace('_', '-')}", *map(str, values)]
    log.info("%s: learning again with %s", canary.name, canary.script)
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise InputError(f"audit: {canary.script} failed on changed inputs of {canary.name}: {last}")
