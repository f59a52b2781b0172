"""Work on several parts of a stream at once, in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(function: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """Yield what ``function`` makes of each item, as `map` does, on ``threads`` threads.

    No more than ``threads`` + 1 items are held. An error of ``items`` is raised after what came before it was yielded,
    so that it does not depend on the number of threads which one is met first.
    """
    if threads <= 1:
        yield from map(function, items)
        return
    waiting: deque[Future[Result]] = deque()
    error = None
    with ThreadPoolExecutor(threads) as pool:
        source = iter(items)
        while error is None:
            try:
                waiting.append(pool.submit(function, next(source)))
            except Exception as raised:
                error = raised
            while waiting and (error or len(waiting) > threads):
                yield waiting.popleft().result()
    if not isinstance(error, StopIteration):
        raise error
