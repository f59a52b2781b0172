"""The demo: the default run from nothing, beside the processor time that it takes, shared out among the cores."""

import os
import resource
import tempfile
import time
from pathlib import Path

from stages.planning import quietly, snakemake
from timing import Row

MOST_SECONDS = 150


def _processor_seconds() -> float:
    """Seconds of processor time of all processes that this one has waited for, and those that they have."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _demo() -> Row:
    """Run the demo once in an empty folder: Snakemake and all of its jobs."""
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        used, begin = _processor_seconds(), time.perf_counter()
        quietly(snakemake(Path(name)))
        wall, used = time.perf_counter() - begin, _processor_seconds() - used
    return Row(
        f"the demo, from nothing to its report, {cores} cores, once",
        {"coldwave": [wall], "its processor time, if no core were ever idle": [used / cores]},
        most_seconds=MOST_SECONDS,
    )


ROWS = {"whole": _demo}
