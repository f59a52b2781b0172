"""Time functions or commands side by side in one run: rows of the table of `bench.py`."""

import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# A process starts with its parent's memory to its account, so that the parent has to be small.
_TELLING_PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""

Work = Callable[[], object] | Sequence[str]


@dataclass(frozen=True)
class Row:
    """What was measured once: seconds by name, Coldwave's first, and what was aimed at."""

    what: str
    seconds: dict[str, list[float]]
    aims: dict[str, float] = field(default_factory=dict)  # by another's name: the largest ratio to it aimed at
    most_seconds: float | None = None  # Coldwave's own aim
    most_mb: float | None = None  # of Coldwave's peak memory
    peak_mb: dict[str, float] = field(default_factory=dict)
    note: str = ""

    def median(self, name: str) -> float:
        """The median of a name's seconds."""
        return statistics.median(self.seconds[name])

    def ratios(self, name: str) -> list[float]:
        """Coldwave's seconds as shares of another's, round by round."""
        ours = next(iter(self.seconds.values()))
        return [mine / other for mine, other in zip(ours, self.seconds[name], strict=True)]

    def reached(self) -> dict[str, bool]:
        """By each aim, in words: whether it is reached."""
        ours = next(iter(self.seconds))
        found = {
            f"≤ {most:g} × {name}": statistics.median(self.ratios(name)) <= most for name, most in self.aims.items()
        }
        if self.most_seconds is not None:
            found[f"≤ {self.most_seconds:g} s"] = self.median(ours) <= self.most_seconds
        if self.most_mb is not None:
            found[f"≤ {self.most_mb:,.0f} MB"] = self.peak_mb[ours] <= self.most_mb
        return found


def compare(what: str, works: dict[str, Work], rounds: int = 7, warm: bool = True, **aims) -> Row:
    """Do each work in turn, ``rounds`` times, after one turn that is not counted if ``warm``.

    A function is called here. A command, a list of words, runs as a process of its own: its peak memory is kept too.
    ``aims`` are further fields of the :class:`Row`.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    peak: dict[str, float] = {}
    for number in range(rounds + warm):
        for name, work in works.items():
            begin = time.perf_counter()
            if callable(work):
                work()
            else:
                peak[name] = max(peak.get(name, 0.0), peak_of(work))
            if number >= warm:
                seconds[name].append(time.perf_counter() - begin)
    return Row(what, seconds, peak_mb=peak, **aims)


def peak_of(command: Sequence[str]) -> float:
    """Run a command and tell the peak memory in MB of the largest of its processes.

    What it prints is shown where it fails, with an error.
    """
    done = subprocess.run([sys.executable, "-SEc", _TELLING_PEAK, *command], capture_output=True, text=True)
    if done.returncode:
        sys.stderr.write(done.stderr)
        done.check_returncode()
    return int(done.stdout) * 1024 / 1e6


def own_peak() -> float:
    """The peak memory in MB of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def measured_on(days: Iterable[str]) -> str:
    """Say in a sentence on which days was measured, each YYYY-MM-DD, and on which machine: this one."""
    days = sorted(days)
    when = " to ".join(dict.fromkeys((days[0], days[-1])))
    return f"Measured on {when}: {_processor()}, {os.cpu_count()} cores, {platform.system()}."


def _processor() -> str:
    """The processor's name, as the system tells it."""
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.processor()
