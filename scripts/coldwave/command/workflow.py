"""Run Snakemake from a command."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from coldwave.command.output import say


def run_snakemake(command: Sequence[str | Path], stdout: int | None = None) -> int:
    """Run Snakemake to its end and return its exit status.

    Ctrl-C reaches Snakemake as well. It is waited for, so that it ends its jobs and lifts its lock.

    Raises
    ------
    KeyboardInterrupt
        Snakemake has been interrupted, and has ended.
    """
    process = subprocess.Popen(list(map(os.fspath, command)), stdout=stdout)
    stopped = False
    while True:
        try:
            status = process.wait()
            break
        except KeyboardInterrupt:
            stopped = True
    if stopped:
        say("Stopped. What is done is kept: give the same command again, and it goes on from there.")
        raise KeyboardInterrupt
    return status
