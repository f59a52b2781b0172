"""What jobs need of the machine that runs them. Needs are not parameters: a change of one reruns no job."""

import inspect
from collections.abc import Callable
from typing import Any


def growing(first: int | Callable[[Any], int]) -> Callable[[Any, Any, int], int]:
    """Make the function of a job's attempt: ``first`` (a number, or a function of the job's input), then twice as much
    each time.

    If a profile sets ``retries``, a job that ran out of memory or time is tried again with more.
    """

    def need(wildcards: Any, input: Any, attempt: int) -> int:
        return (first(input) if callable(first) else first) * 2 ** (attempt - 1)

    return signed(need)


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
