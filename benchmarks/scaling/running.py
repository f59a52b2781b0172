"""Run a rule's script alone, and measure its time and the peak memory of its processes."""

import ast
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

SCRIPTS = Path(__file__).parents[2] / "scripts"
EVERY = 0.05  # seconds between looks at the memory


def command(script: str, given: Mapping[str, Any], made: Path) -> tuple[list[str], dict[str, Path]]:
    """Make the command that runs a script, with its outputs in the folder ``made``; return it with these by name.

    What the script's ``main`` needs and ``given`` does not name is an output.
    """
    tree = ast.parse((SCRIPTS / script).read_text())
    (main,) = (each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == "main")
    pairs = zip(main.args.kwonlyargs, main.args.kw_defaults, strict=True)
    outputs = {each.arg: made / each.arg for each, default in pairs if default is None and each.arg not in given}
    words = [sys.executable, str(SCRIPTS / script)]
    for name, value in (dict(given) | outputs).items():
        words.append("--" + name.replace("_", "-"))
        if isinstance(value, Mapping):
            (path := made / f"{name}.yaml").write_text(json.dumps(value, default=str))
            words.append(f"@{path}")
        else:
            words += [str(item) for item in value] if isinstance(value, list) else [str(value)]
    return words, outputs


def measured(words: list[str], log: Path, folder: Path | None = None) -> dict[str, float]:
    """Run a command to its end: seconds, and the most memory in MB that it and its children had at a time.

    Pages that processes share count once for each. Raises ``RuntimeError`` with the log's end where it fails.
    """
    begin, peak = time.perf_counter(), 0
    with log.open("w") as stream:
        process = subprocess.Popen(words, stdout=stream, stderr=stream, cwd=folder)
        ended = threading.Event()
        found: list[int] = []
        watcher = threading.Thread(target=_watch, args=(process.pid, ended, found))
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        ended.set()
        watcher.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(words[:4])} … failed:\n{log.read_text()[-3000:]}")
    peak = max(usage.ru_maxrss * 1024, *found, 0)
    return {"seconds": round(seconds, 3), "peak_mb": round(peak / 1e6, 1)}


def _watch(pid: int, ended: threading.Event, found: list[int]) -> None:
    """Collect the summed memory of a process and its children, until it ends."""
    root = psutil.Process(pid)
    while not ended.wait(EVERY):
        total = 0
        try:
            for process in [root, *root.children(recursive=True)]:
                total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        found.append(total)


def megabytes(given: Mapping[str, Any]) -> dict[str, float]:
    """The sizes of a script's input files, in MB, by name."""
    sizes = {}
    for name, value in given.items():
        paths = value if isinstance(value, list) else [value]
        if paths and all(isinstance(path, Path) and path.is_file() for path in paths):
            sizes[name] = round(sum(path.stat().st_size for path in paths) / 1e6, 4)
    return sizes
