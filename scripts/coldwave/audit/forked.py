"""Run scripts, each in a process forked from one that has imported what they all import.

Importing torch takes longer than a few steps of learning. ``python forked.py SIDE_BY_SIDE`` reads a list of commands
from its input, as JSON; a command is a list of a script's path and its arguments. It writes their exit statuses to its
output. What a script writes itself goes to this process's error output.
"""

import ast
import json
import os
import runpy
import sys
import traceback
from pathlib import Path


def import_for(script: str) -> None:
    """Import the modules that a script imports at its top."""
    tree = ast.parse(Path(script).read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    exec(compile(tree, script, "exec"), {})


def start(command: list[str]) -> int:
    """Start a command in a forked process: its number. The process never comes back from here."""
    if process := os.fork():
        return process
    status = 1
    try:
        os.dup2(2, 1)
        sys.argv = command
        runpy.run_path(command[0], run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def run_all(commands: list[list[str]], side_by_side: int) -> list[int]:
    """Run commands, some at a time: their exit statuses, in order; minus the signal for one that was killed."""
    waiting, running, statuses = list(enumerate(commands)), {}, [0] * len(commands)
    while waiting or running:
        while waiting and len(running) < side_by_side:
            place, command = waiting.pop(0)
            running[start(command)] = place
        process, status = os.wait()
        statuses[running.pop(process)] = os.waitstatus_to_exitcode(status)
    return statuses


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    sys.path[0] = str(Path(asked[0][0]).parent)  # where a script finds the library, as if it were run by itself
    for path in sorted({command[0] for command in asked}):
        import_for(path)
    json.dump(run_all(asked, int(sys.argv[1])), sys.stdout)
