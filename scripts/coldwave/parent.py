"""A job ends when the Snakemake that started it is gone: an orphan would go on writing beside the next run."""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

PAUSE = 1.0  # seconds between two looks


def end_with_parent(script: str) -> None:
    """Start a thread that ends this process, at once and with exit status 1, when its Snakemake has ended.

    Where Snakemake is killed (``kill -9``, or for want of memory), nothing else ends its jobs. Outputs are renamed
    into place when they are whole, so none is left half-written.

    Parameters
    ----------
    script : path of the running script, by which the shell between Snakemake and the script is known
    """
    alive = _parent(script)

    def watch() -> None:
        while alive():
            time.sleep(PAUSE)
        log.error("error: Snakemake has ended, and this job with it")
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _parent(script: str) -> Callable[[], bool]:
    """Whether Snakemake is still there, for later: the parent of this process, or of the shell that is its parent.

    The shell outlives Snakemake as this process does. Where there is no /proc to tell, only the parent is looked at.
    """
    parent = os.getppid()
    grandparent = parent_of(parent) if script.encode() in _command(parent) else None

    def alive() -> bool:
        return os.getppid() == parent and (grandparent is None or parent_of(parent) == grandparent)

    return alive


def parent_of(pid: int) -> int | None:
    """The process that a process is a child of, or None where that cannot be told."""
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
