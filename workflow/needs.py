"""What jobs need of the machine that runs them. Needs are no parameters: none of them reruns a job."""

from collections.abc import Callable
from typing import Any


def growing(first: int | Callable[[Any], int]) -> Callable[[Any, Any, int], int]:
    """Function of a job's attempt: what its first attempt gets (a number, or a function of its input), then twice as
    much with each attempt that follows.

    Where a profile sets ``retries``, a job that was ended for want of memory or time is so tried again with more.
    """

    def need(wildcards: Any, input: Any, attempt: int) -> int:
        return (first(input) if callable(first) else first) * 2 ** (attempt - 1)

    return need
