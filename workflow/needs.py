"""What a job takes of a machine, as a function of the sizes of its input files, and how Snakemake is told."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

BESIDE = 350  # MB: in a job of a cluster, Snakemake runs beside the script
DAY = 1440  # minutes: at most so many are asked for at first, as many sites start no job that asks for some days
SOURCE = "source"  # the name of the plays among a job's inputs
Sizes = Mapping[str, float]
Asked = Callable[[Any, Any, int], int]  # of wildcards, input and attempt


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a job takes, whatever its inputs and for each MB of them.

    Attributes
    ----------
    threads : at most
    mb_a_thread : so many MB of inputs are worth one thread each; by default a job asks for all threads
    mb, minutes : whatever the inputs
    mb_per_mb, minutes_per_mb : by the name of an input, for each MB of it
    mb_per_factor, minutes_per_factor : likewise, for each factor of a factorisation that the job makes
    mb_a_factor : for each of these factors, whatever the inputs
    minutes_per_product : by the names of two inputs, for each MB of the one times each MB of the other
    most_mb : memory is never above it: what is read beyond are pages of mapped files, which can be let go
    """

    threads: int = 1
    mb_a_thread: float = 0.0
    mb: int = 200
    mb_per_mb: Sizes = field(default_factory=dict)
    mb_per_factor: Sizes = field(default_factory=dict)
    mb_a_factor: float = 0.0
    minutes: int = 10
    minutes_per_mb: Sizes = field(default_factory=dict)
    minutes_per_factor: Sizes = field(default_factory=dict)
    minutes_per_product: Mapping[tuple[str, str], float] = field(default_factory=dict)
    most_mb: float = float("inf")

    def memory_for(self, sizes: Sizes, factors: int = 0) -> int:
        """MB, for inputs of these sizes."""
        more = _sum(sizes, self.mb_per_mb, self.mb_per_factor, factors) + self.mb_a_factor * factors
        return int(min(self.mb + more, self.most_mb)) + BESIDE

    def minutes_for(self, sizes: Sizes, factors: int = 0, jobs: int = 1) -> int:
        """Minutes, for inputs of these sizes; a day at most. So many ``jobs`` share the products of sizes."""
        more = _sum(sizes, self.minutes_per_mb, self.minutes_per_factor, factors)
        for (one, other), minutes in self.minutes_per_product.items():
            more += minutes * sizes.get(one, 0.0) * sizes.get(other, 0.0) / jobs
        return int(min(self.minutes + more, DAY))

    def threads_for(self, sizes: Sizes) -> int:
        """Threads, for inputs of these sizes."""
        if not self.mb_a_thread:
            return self.threads
        return max(1, min(self.threads, round(sum(sizes.values()) / self.mb_a_thread)))


def _sum(sizes: Sizes, per_mb: Sizes, per_factor: Sizes, factors: int) -> float:
    each = sum(per * sizes.get(name, 0.0) for name, per in per_mb.items())
    return each + factors * sum(per * sizes.get(name, 0.0) for name, per in per_factor.items())


def sizes_of(input: Any, names: set[str]) -> dict[str, float]:
    """MB of a job's inputs of some names; a name that the job has no input of is left out.

    A folder of plays (``source``) is as large as the files in it. One of songs is not: their audio is not read.

    Raises ``FileNotFoundError`` for a file that is not there: Snakemake then leaves the need open until it is.
    """
    named = {name: input.get(name) for name in names}
    paths = {name: [value] if isinstance(value, str) else list(value) for name, value in named.items() if value}
    stored = any(getattr(path, "is_storage", False) for each in paths.values() for path in each)
    known = dict(zip(map(str, input), input.size_files, strict=True)) if stored else {}  # a bucket knows its sizes

    def size_of(path: Any, name: str) -> int:
        if name == SOURCE and Path(path).is_dir():
            return sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file())
        return known[str(path)] if stored else Path(path).stat().st_size

    return {name: sum(size_of(path, name) for path in each) / 1e6 for name, each in paths.items()}


def grown(first: Callable[[Any], int]) -> Asked:
    """Make the function of a job's attempt: what ``first`` makes of the job's input, then twice as much each time.

    If a profile sets ``retries``, a job that ran out of memory or time is tried again with more.
    """

    def need(wildcards: Any, input: Any, attempt: int) -> int:
        return first(input) * 2 ** (attempt - 1)

    return signed(need)


def memory_asked(need: Need, factors: int) -> Asked:
    """Make the function that tells Snakemake a job's memory, in MB."""
    names = {*need.mb_per_mb, *need.mb_per_factor}
    return grown(lambda input: need.memory_for(sizes_of(input, names), factors))


def minutes_asked(need: Need, factors: int, jobs: int = 1) -> Asked:
    """Make the function that tells Snakemake a job's time, in minutes."""
    names = {*need.minutes_per_mb, *need.minutes_per_factor, *chain(*need.minutes_per_product)}
    return grown(lambda input: need.minutes_for(sizes_of(input, names), factors, jobs))


def threads_asked(need: Need) -> Callable[[Any, Any], int]:
    """Make the function that tells Snakemake a job's threads: all that it can use while inputs are not there."""
    names = {*need.minutes_per_mb, *need.minutes_per_factor} if need.mb_a_thread else set()

    def threads(wildcards: Any, input: Any) -> int:
        try:
            return need.threads_for(sizes_of(input, names))
        except FileNotFoundError:  # Snakemake takes no open number of threads
            return need.threads

    return signed(threads)


def shared_out(most: int, jobs: int, cores: int | None) -> int:
    """Share the cores of this machine out among jobs that can run at the same time, up to four of them.

    Two jobs of one thread do more in a minute than two of two threads in turn: most threads of a job wait for each
    other, and much of a short job is the start of Python. ``most`` is what a job can use; without ``cores``, as on a
    cluster, whose nodes are others, it gets that.
    """
    return most if cores is None else max(1, min(most, cores // min(max(jobs, 1), 4)))


def signed(function: Callable) -> Callable:
    """Write a function's signature on it.

    Snakemake asks for it several times at each job, and `inspect` else takes the function apart each time: a fifth of
    the plan of a thousand jobs.
    """
    function.__signature__ = inspect.signature(function)
    return function
