"""Run a rule's script alone, and measure its time and the peak memory of its processes."""

import ast
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parents[2] / "scripts"
EVERY = 0.02  # seconds between looks at the memory


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
    begin = time.perf_counter()
    with log.open("w") as stream:
        process = subprocess.Popen(words, stdout=stream, stderr=stream, cwd=folder)
        ended = threading.Event()
        found = [0]
        watcher = threading.Thread(target=_watch, args=(process.pid, ended, found))
        watcher.start()
        process.wait()
        seconds = time.perf_counter() - begin
        ended.set()
        watcher.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(words[:4])} … failed:\n{log.read_text()[-3000:]}")
    return {"seconds": round(seconds, 3), "peak_mb": round(max(found) * 1024 / 1e6, 1)}


def _watch(pid: int, ended: threading.Event, found: list[int]) -> None:
    """Collect kB until the processes end: what all have at a time, and the most that each has had since it began.

    The system's own account of an ended process (``ru_maxrss``) would not do: it begins with the parent's memory.
    """
    while not ended.wait(EVERY):
        held = [_memory(each) for each in _tree(pid)]
        found += [sum(now for now, _ in held), *(most for _, most in held)]


def _tree(pid: int) -> Iterator[int]:
    """A process and all that come from it."""
    yield pid
    children = []
    with suppress(OSError):  # it has ended
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            children += path.read_text().split()
    for child in children:
        yield from _tree(int(child))


def _memory(pid: int) -> tuple[int, int]:
    """The resident memory of a process, and the most that it was, in kB; 0 once it has ended."""
    try:
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    except OSError:
        return 0, 0
    return tuple(int(lines.get(name, "0").split()[0]) for name in ("VmRSS", "VmHWM"))


def megabytes(given: Mapping[str, Any]) -> dict[str, float]:
    """The sizes of a script's input files, in MB, by name; a name may begin with _, if the script finds them itself."""
    sizes = {}
    for name, value in given.items():
        paths = value if isinstance(value, list) else [value]
        if paths and all(isinstance(path, Path) and path.is_file() for path in paths):
            sizes[name.lstrip("_")] = round(sum(path.stat().st_size for path in paths) / 1e6, 4)
    return sizes
