"""What jobs ask of the machine that runs them, by the sizes of their inputs: one table, one row a rule.

The rows follow from the measurements in benchmarks/scale.csv, made on two cores (docs/scale.md says how). A rule that
is not measured has a row like that of one that does the like. Sizes are those of files. A need is not a parameter: a
change of it reruns no job.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

BESIDE = 350  # MB: in a job of a cluster, Snakemake runs beside the script
Sizes = Mapping[str, float]


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
    most_mb : memory is never above it: what is read beyond are pages of mapped files, which can be let go
    """

    threads: int = 1
    mb_a_thread: float = 0.0
    mb: int = 200
    mb_per_mb: Sizes = field(default_factory=dict)
    mb_per_factor: Sizes = field(default_factory=dict)
    minutes: int = 10
    minutes_per_mb: Sizes = field(default_factory=dict)
    minutes_per_factor: Sizes = field(default_factory=dict)
    most_mb: float = float("inf")

    def memory_for(self, sizes: Sizes, factors: int = 0) -> int:
        """MB, for inputs of these sizes."""
        return int(min(self.mb + _sum(sizes, self.mb_per_mb, self.mb_per_factor, factors), self.most_mb)) + BESIDE

    def minutes_for(self, sizes: Sizes, factors: int = 0) -> int:
        """Minutes, for inputs of these sizes."""
        return int(self.minutes + _sum(sizes, self.minutes_per_mb, self.minutes_per_factor, factors))

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

    Raises ``FileNotFoundError`` for a file that is not there: Snakemake then leaves the need open until it is.
    """
    named = {name: input.get(name) for name in names}
    paths = {name: [value] if isinstance(value, str) else list(value) for name, value in named.items() if value}
    if any(getattr(path, "is_storage", False) for path in input):  # a bucket, which tells the sizes itself
        known = dict(zip(map(str, input), input.size_files, strict=True))
        return {name: sum(known[str(path)] for path in each) / 1e6 for name, each in paths.items()}
    return {name: sum(os.stat(path).st_size for path in each) / 1e6 for name, each in paths.items()}


def grown(first: Callable[[Any], int]) -> Callable[[Any, Any, int], int]:
    """Make the function of a job's attempt: what ``first`` makes of the job's input, then twice as much each time.

    If a profile sets ``retries``, a job that ran out of memory or time is tried again with more.
    """

    def need(wildcards: Any, input: Any, attempt: int) -> int:
        return first(input) * 2 ** (attempt - 1)

    return need


def memory_of(rule: str, factors: int = 0) -> Callable[[Any, Any, int], int]:
    """The memory of a rule's job in MB, as a function for Snakemake; ``factors`` as in `Need`."""
    need = NEEDS[rule]
    names = {*need.mb_per_mb, *need.mb_per_factor}
    return grown(lambda input: need.memory_for(sizes_of(input, names), factors))


def minutes_of(rule: str, factors: int = 0) -> Callable[[Any, Any, int], int]:
    """The time of a rule's job in minutes, as a function for Snakemake; ``factors`` as in `Need`."""
    need = NEEDS[rule]
    names = {*need.minutes_per_mb, *need.minutes_per_factor}
    return grown(lambda input: need.minutes_for(sizes_of(input, names), factors))


def threads_of(rule: str) -> Callable[[Any, Any], int]:
    """The threads of a rule's job, as a function for Snakemake: all that it can use while inputs are not there."""
    need = NEEDS[rule]
    names = {*need.minutes_per_mb, *need.minutes_per_factor} if need.mb_a_thread else set()

    def threads(wildcards: Any, input: Any) -> int:
        try:
            return need.threads_for(sizes_of(input, names))
        except FileNotFoundError:  # Snakemake takes no open number of threads
            return need.threads

    return threads
