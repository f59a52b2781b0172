"""End a job when the Snakemake that started it is gone: an orphan would go on writing beside the next run."""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

PAUSE = 1.0  # seconds between two checks


def end_with_parent(script: str) -> None:
    """Start a thread that ends this process, at once and with exit status 1, when its Snakemake has ended.

    If Snakemake is killed (``kill -9``, or out of memory), nothing else ends its jobs. Outputs are renamed into place
    when they are whole, so none is left half-written.

    Parameters
    ----------
    script : path of the running script, which identifies the shell between Snakemake and the script
    """
    alive = _parent(script)

    def watch() -> None:
        while alive():
            time.sleep(PAUSE)
        log.error("error: Snakemake has ended, and this job with it")
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _parent(script: str) -> Callable[[], bool]:
    """Return a check that Snakemake still runs: it is the parent of this process, or of the shell that is its parent.

    The shell outlives Snakemake as this process does. Without /proc, only the parent is checked.
    """
    parent = os.getppid()
    grandparent = parent_of(parent) if script.encode() in _command(parent) else None

    def alive() -> bool:
        return os.getppid() == parent and (grandparent is None or parent_of(parent) == grandparent)

    return alive


def parent_of(pid: int) -> int | None:
    """Return the id of a process's parent, or None where it is unknown."""
    try:
        # the name before it is in parentheses, and may hold spaces and parentheses itself
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
